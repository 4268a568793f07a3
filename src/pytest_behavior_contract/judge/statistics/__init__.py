"""The family of rules that turn verdicts into decisions."""

TABLE = {
    "rate": ".rate:Rate",
    "exact": ".exact:Exact",
    "alike": ".alike:Alike",
}
