"""The family of report formats; each turns a report into text."""

TABLE = {
    "json": ".json:Json",
    "terminal": ".terminal:Terminal",
}
