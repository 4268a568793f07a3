"""How a reply is written: openings, endings, Markdown, leaks, length, case, punctuation, language, script."""

import sys

import pytest

from pytest_behavior_contract.exchange import Exchange, Reply, Request, Response, Usage
from pytest_behavior_contract.judge.behaviors.contains import Contains
from pytest_behavior_contract.judge.behaviors.ends_with import EndsWith
from pytest_behavior_contract.judge.behaviors.language import _CODES, Language
from pytest_behavior_contract.judge.behaviors.length import Length
from pytest_behavior_contract.judge.behaviors.letter_case import LetterCase
from pytest_behavior_contract.judge.behaviors.matches import Matches
from pytest_behavior_contract.judge.behaviors.no_code_fence import NoCodeFence
from pytest_behavior_contract.judge.behaviors.no_leaked_markup import NoLeakedMarkup
from pytest_behavior_contract.judge.behaviors.no_markdown import NoMarkdown
from pytest_behavior_contract.judge.behaviors.no_postamble import NoPostamble
from pytest_behavior_contract.judge.behaviors.no_preamble import NoPreamble
from pytest_behavior_contract.judge.behaviors.parts import Parts
from pytest_behavior_contract.judge.behaviors.placeholders import Placeholders
from pytest_behavior_contract.judge.behaviors.punctuation import Punctuation
from pytest_behavior_contract.judge.behaviors.repeats_prompt import RepeatsPrompt
from pytest_behavior_contract.judge.behaviors.script import Script
from pytest_behavior_contract.judge.behaviors.starts_with import StartsWith
from pytest_behavior_contract.judge.behaviors.title import Title
from pytest_behavior_contract.judge.behaviors.uses_markdown import UsesMarkdown

ENGLISH = "The train to Turin leaves at nine in the morning, and the one to Pisa an hour later."
CHINESE = "去都灵的火车早上九点出发，去比萨的火车晚一个小时。"
GERMAN = (
    "Der Zug nach Turin fährt um neun Uhr morgens ab, und der nach Pisa eine Stunde später, von einem anderen Gleis."
)

ONE_SENTENCE = (
    "Washington, D.C. is the capital of the USA.",
    "J.R.R. Tolkien wrote it.",
    "9 a.m. to 5 p.m. on weekdays.",
    "See No. 5 for details.",
    "J.P. Morgan is a bank.",
    'He said "Stop!" and left.',
    "Yahoo! is a company.",
)

CASES = [
    (NoPreamble(), "Lisbon is the capital.", ""),
    (NoPreamble(), "Sure! Lisbon.", "opens with agreement"),
    (NoPreamble(), "**Certainly!** Lisbon.", "opens with agreement"),
    (NoPreamble(), "Natürlich! Lissabon.", "opens with agreement"),
    (NoPreamble(), "Great Britain is an island.", ""),
    (NoPreamble(), "Great question! Lisbon.", "opens with praise"),
    (NoPreamble(), "Thank you for your patience. Lisbon.", "opens with thanks"),
    (NoPreamble(), "Here is the list:\n- a", "announces the answer"),
    (NoPreamble(), "Here’s a poem.\n\nRoses are red", "announces the answer"),
    (NoPreamble(), "Here lies a hound of great renown.", ""),
    (NoPreamble(), "I'd be happy to help! Lisbon.", "says what it will do"),
    (NoPreamble(), "Let me explain. Lisbon.", "says what it will do"),
    (NoPreamble(), "Let x be the price.", ""),
    (NoPreamble(), "As an AI, I have no taste.", "opens with a disclaimer"),
    (NoPreamble(), "I'm sorry for the confusion. Lisbon.", "opens with an apology"),
    (NoPreamble(), "Hello! Lisbon.", "opens with a greeting"),
    (NoPreamble(also=("behold",)), "Behold, Lisbon.", "opens with 'behold'"),
    (NoPreamble(allow=("sure,",)), "Sure, Lisbon.", ""),
    (NoPreamble(), "", "empty reply"),
    (NoPreamble(), "This is a phishing email.", ""),
    (NoPreamble(), "These are mammals.", ""),
    (NoPreamble(), "These are the causes: war, famine.", ""),
    (NoPreamble(), "These are the causes:\n- war", "announces the answer"),
    (NoPreamble(), "**This is your table:**\n| a |", "announces the answer"),
    (NoPreamble(), "Great-grandparents are the parents of grandparents.", ""),
    (NoPreamble(), "Sure-footed goats climb.", ""),
    (NoPreamble(), "Sure - Lisbon.", "opens with agreement"),
    (NoPreamble(), "As a language, Esperanto is young.", ""),
    (NoPreamble(), "As an artificial sweetener, aspartame is common.", ""),
    (NoPreamble(), "As a virtual event, it costs nothing.", ""),
    (NoPreamble(), "As a large language model, I have no taste.", "opens with a disclaimer"),
    (NoPreamble(), "As a virtual assistant, I have no taste.", "opens with a disclaimer"),
    (NoPreamble(), "Disclaimer clauses limit liability.", ""),
    (NoPreamble(), "**Disclaimer**: no advice.", "opens with a disclaimer"),
    (NoPreamble(), "I am happy to inform you that your order has shipped.", ""),
    (NoPreamble(), "I'm glad to help with that. Lisbon.", "says what it will do"),
    (NoPreamble(), "We would be happy to assist you. Lisbon.", "says what it will do"),
    (NoPreamble(), "I help customers with orders.", ""),
    (NoPreamble(), "I can help with that: Lisbon.", "says what it will do"),
    (NoPreamble(), "I've written a poem. Roses", "says what it will do"),
    *((NoPreamble(), text, "") for text in ("OK.", "Perfect!", "Hello! 👋", "**No problem.**", "Let me explain.")),
    (NoPreamble(), "OK.\n\nLisbon", "opens with agreement"),
    (NoPostamble(), "It is Lisbon.", ""),
    (NoPostamble(), "It is Lisbon.\n\nLet me know if you need more.", "closing offer"),
    (NoPostamble(), "It is Lisbon. Feel free to ask.", "closing offer"),
    (NoPostamble(), "It is Lisbon.\n\nIf you have other questions, I'm happy to help!", "closing offer"),
    (NoPostamble(), "It is Lisbon.\n\nWould you like to hear more?", "closing question"),
    (NoPostamble(), "It is Lisbon.\n\nWhich port do you mean?", "closing question"),
    (NoPostamble(questions=False), "It is Lisbon.\n\nWhich port do you mean?", ""),
    (NoPostamble(allow=("question",)), "It is Lisbon.\n\nWould you like to hear more?", ""),
    (NoPostamble(), "It is Lisbon.\n\nI hope this helps!", "closing wish"),
    (NoPostamble(), "It is Lisbon.\n\n**Note:** Porto is larger than one thinks.", "closing note"),
    (NoPostamble(), "Which port do you mean?", ""),
    (NoPostamble(), "Questions for the quiz:\n1. Who was it?\n2. Where was it?", ""),
    (NoPostamble(), " \n", "empty reply"),
    (NoMarkdown(), "Plain text, 2 * 3 * 4 = 24, snake_case_name, and #hashtag - no more.", ""),
    (NoMarkdown(), "# Title\ntext", "Markdown: headings"),
    (NoMarkdown(), "It is **big**.", "Markdown: bold text"),
    (NoMarkdown(), "It is *big*.", "Markdown: italics"),
    (NoMarkdown(), "- a\n- b", "Markdown: bullet lists"),
    (NoMarkdown(allow=("list",)), "- a\n- b", ""),
    (NoMarkdown(), "1. a\n2. b", "Markdown: numbered lists"),
    (NoMarkdown(), "| a | b |\n|---|---|\n| 1 | 2 |", "Markdown: tables"),
    (NoMarkdown(), "```\nx\n```", "Markdown: code fences"),
    (NoMarkdown(), "Call `f()`.", "Markdown: inline code"),
    (NoMarkdown(), "See [here](x).", "Markdown: links"),
    (NoMarkdown(), "> a quote", "Markdown: quotes"),
    (NoMarkdown(), "a\n\n---\n\nb", "Markdown: rules"),
    (UsesMarkdown(), "# Title", ""),
    (UsesMarkdown(), "plain", "no Markdown"),
    (UsesMarkdown(kinds=("heading", "list")), "# Title", "no bullet lists"),
    (UsesMarkdown(kinds=("heading", "list")), "# Title\n\n* **a**: b", ""),
    (UsesMarkdown(kinds=("bold", "italic"), any=True, at_least=3), "**a** *b*", "fewer than 3 bold text or italics"),
    (UsesMarkdown(kinds=("bold", "italic"), any=True, at_least=3), "**a** *b* *c*", ""),
    (UsesMarkdown(kinds=("heading",), at_most=1), "# a\n# b", "more than 1 headings"),
    (UsesMarkdown(kinds=("fence",), at_most=1), "```\nx\n```", ""),
    (UsesMarkdown(), "", "empty reply"),
    (NoCodeFence(), "x = 1", ""),
    (NoCodeFence(), "```python\nx = 1\n```", "fenced in ```python"),
    (NoCodeFence(), "So:\n~~~\nx = 1\n~~~", "code fence in the text"),
    (NoLeakedMarkup(), "Lisbon, <b>the</b> capital; a < b, [1], f(x).", ""),
    (NoLeakedMarkup(), "<think>\nLet me see\n</think>\nLisbon", "thinking in the text: <think>"),
    (NoLeakedMarkup(), "Let me see\n</think>\nLisbon", "thinking in the text: <think>"),
    (NoLeakedMarkup(), "◁think▷hm◁/think▷Lisbon", "thinking in the text: ◁think▷"),
    (NoLeakedMarkup(kinds=("tools",)), "<think>hm</think>", ""),
    (NoLeakedMarkup(allow=("<reasoning>",)), "<reasoning>hm</reasoning>Lisbon", ""),
    (NoLeakedMarkup(), '<tool_call>{"name": "f"}</tool_call>', "tool call in the text: <tool_call>"),
    (NoLeakedMarkup(), "<｜tool▁calls▁begin｜>f", "tool call in the text: <｜tool▁calls▁begin｜>"),
    (NoLeakedMarkup(), '[TOOL_CALLS] [{"name": "f"}]', "tool call in the text: [TOOL_CALLS]"),
    (NoLeakedMarkup(), "<function=get_order>{}", "tool call in the text: <function="),
    (NoLeakedMarkup(), '<invoke name="f">', "tool call in the text: <invoke name="),
    (NoLeakedMarkup(), '```json\n{"name": "f", "arguments": {}}\n```', "tool call in the text: JSON"),
    (NoLeakedMarkup(), '{"tool_calls": [{}]}', "tool call in the text: JSON"),
    (NoLeakedMarkup(), '{"name": "Turin", "size": 3}', ""),
    (NoLeakedMarkup(), "Action: search\nAction Input: x", "tool call in the text: Action:"),
    (NoLeakedMarkup(), "Lisbon<|im_end|>", "chat template in the text: <|im_end|>"),
    (NoLeakedMarkup(), "[/INST] Lisbon", "chat template in the text: [INST]"),
    (Length(unit="words", at_least=3), "one two three", ""),
    (Length(unit="words", at_least=3), "one – two", "fewer than 3 words"),
    (Length(unit="words", at_most=2), "one two three", "more than 2 words"),
    (Length(unit="words", at_most=3), "你好 world", ""),
    (Length(unit="words", at_least=1), "", "no words"),
    (Length(unit="sentences", at_least=2, at_most=2), "Dr. A. Smith came, e.g. by train. Did he pay $3.50?", ""),
    (Length(unit="sentences", at_least=2, at_most=2), "Wait... what? he said. fine", ""),
    (Length(unit="sentences", at_least=3, at_most=3), "all small! is it? it is.", ""),
    (Length(unit="sentences", at_least=2, at_most=2), "It opens at 9 a.m. The door is red.", ""),
    (Length(unit="sentences", at_least=2, at_most=2), "He said no. He did not.", ""),
    *((Length(unit="sentences", at_least=1, at_most=1), text, "") for text in ONE_SENTENCE),
    (Length(unit="sentences", at_least=2, at_most=2), "他来了。她走了。", ""),
    (Length(unit="sentences", at_least=2, at_most=2), 'He said "Go!" Then he went.', ""),
    (Length(unit="sentences", at_least=2, at_most=2), "List.\n1. Turin", ""),
    (Length(unit="paragraphs", at_least=2, at_most=2), "a\nb\n\n \n\nc", ""),
    (Length(unit="lines", at_least=2, at_most=2), "a\n\n \nb\n", ""),
    (Length(unit="bullets", at_least=2, at_most=2), "- a\n* **b**\n---\n* * *\n-5\n2. c", ""),
    (Length(unit="numbered_items", at_least=2, at_most=2), "1. a\n2) b\n2025 was good", ""),
    (Length(unit="bullets", at_least=4, at_most=4), "● a\n· b\n・c\n・　d", ""),
    (Length(unit="capital_words", at_least=2, at_most=2), "NASA and the **EU** met Bob", ""),
    (Length(unit="capital_words", at_most=0), "NASA", "capital words, where none should be"),
    (Length(unit="characters", at_most=2), "äö", ""),
    (Parts(separator="***", at_least=2, at_most=2), "a\n***\nb", ""),
    (Parts(separator="***", at_least=2, at_most=2), "***\na\n***\nb\n***", ""),
    (Parts(separator="***", at_least=3), "a\n***\nb", "fewer than 3 parts"),
    (Parts(separator="***", at_most=1), "a\n***\nb", "more than 1 parts"),
    (Parts(separator="***"), "a\n***\n***\nb", "empty part"),
    (Parts(separator="***"), "***", "empty reply"),
    (Parts(separator="***", different=True), "a\n***\na", "two parts alike"),
    (Parts(nth=2, begins_with="President"), "a\n\n\n**president**, he", ""),
    (Parts(nth=2, begins_with="President"), "a\n\nThe president", "part 2 begins with another word"),
    (Parts(nth=3, begins_with="x"), "a\n\nb", "no part 3"),
    (Parts(), "", "empty reply"),
    (LetterCase(case="lower"), "all small, 3 ß", ""),
    (LetterCase(case="lower"), "Not all", "capital letters"),
    (LetterCase(case="upper"), "ALL BIG", ""),
    (LetterCase(case="upper"), "NOT all", "small letters"),
    (LetterCase(case="upper"), "123 你好", "no letters"),
    (LetterCase(case="title"), "The Lord of the Rings", ""),
    (LetterCase(case="title"), "The Lord of the rings", "words without a capital"),
    (LetterCase(case="sentence"), "It is. So it is!\n- Yes", ""),
    (LetterCase(case="sentence"), "It is. so it is", "sentences without a capital"),
    (LetterCase(case="sentence"), "Yes.\n1. so it is", "sentences without a capital"),
    (LetterCase(case="sentence"), "The U.S. economy grew.", ""),
    (LetterCase(case="sentence"), "See e.g. the book.", ""),
    (LetterCase(case="sentence"), "It grew. 3 items remain.", ""),
    *((LetterCase(case="sentence"), text, "") for text in ONE_SENTENCE),
    (LetterCase(case="lower"), "", "empty reply"),
    (Punctuation(without="comma"), "no such mark", ""),
    (Punctuation(without="comma"), "one, two", "comma in the text"),
    (Punctuation(without="comma"), "一、二", "comma in the text"),
    (Punctuation(without=("dash", "#")), "one - two", ""),
    (Punctuation(without=("dash", "#")), "one — two", "dash in the text"),
    (Punctuation(without=("dash", "#")), "#1", "'#' in the text"),
    (Punctuation(without="curly_quotes"), "it’s", "curly quotes in the text"),
    (Punctuation(ends=True), 'He said "Go."', ""),
    (Punctuation(ends=True), "It is", "no stop at the end"),
    (Punctuation(ends=True), "", "empty reply"),
    (Placeholders(at_most=0), "Dear Ann, see [1], [x](y), - [ ] task.", ""),
    (Placeholders(at_most=0), "Dear [name],", "placeholders, where none should be"),
    (Placeholders(at_most=0), "Dear {{name}},", "placeholders, where none should be"),
    (Placeholders(at_most=0), "Dear <YOUR NAME>,", "placeholders, where none should be"),
    (Placeholders(style="square", at_least=2), "Dear [name] of [town]", ""),
    (Placeholders(style="square", at_least=3), "Dear [name] of [town]", "fewer than 3 placeholders"),
    (Placeholders(style="curly", at_least=1), "Dear [name]", "no placeholders"),
    (Title(), "# On trains\n\nThey run.", ""),
    (Title(), "On trains\n\nThey run.", ""),
    (Title(), "They run on rails.\n\nAnd so on.", "no title"),
    (Title(style="heading"), "**On trains**\n\nThey run.", "title in another style"),
    (Title(style="heading"), "Sure!\n\n# On trains", "title is not in the first line"),
    (Title(style="angle"), "<<On trains>>\nThey run.", ""),
    (Title(style="angle"), "On trains\n\nThey run.", "no title"),
    (Title(style="bold"), "**On trains**\nThey run.", ""),
    (Title(), "", "empty reply"),
    (StartsWith(text="Dear "), "\n Dear Ann", ""),
    (StartsWith(text="Dear "), "Sure! Dear Ann", "text before 'Dear'"),
    (StartsWith(text="Dear "), "Hello Ann", "does not start with 'Dear'"),
    (StartsWith(text=("yes", "no"), ignore_case=True), "No way", ""),
    (StartsWith(text=("yes", "no")), "Maybe", "starts with none of 2 texts"),
    (StartsWith(text="a"), "", "empty reply"),
    (EndsWith(text="regards"), "Best regards \n", ""),
    (EndsWith(text="regards"), "Best regards\nAnn", "text after 'regards'"),
    (EndsWith(text="regards"), "Bye", "does not end with 'regards'"),
    (EndsWith(text=(".", "!")), "Bye", "ends with none of 2 texts"),
    (EndsWith(text="REGARDS", ignore_case=True), "Best regards", ""),
    (EndsWith(text="a"), "", "empty reply"),
    (Contains(text=("a", "b"), any=True), "xb", ""),
    (Contains(text=("a", "b"), any=True), "x", "contains none of 2 texts"),
    (Contains(text="car", whole_words=True), "a card", "does not contain 'car'"),
    (Contains(text="Car", whole_words=True, ignore_case=True), "a car.", ""),
    (Contains(text="a", at_least=2), "a b", "contains 'a' fewer than 2 times"),
    (Contains(text="a", at_least=2), "b", "does not contain 'a'"),
    (Contains(text="a", at_most=1), "a a", "contains 'a' more than 1 times"),
    (Contains(text="a", at_most=0), "a", "contains 'a'"),
    (Contains(text="a", at_most=1), "b", ""),
    (Contains(text=("a", "b"), any=True, at_least=2, at_most=2), "ab", ""),
    (Contains(text=("a", "b"), any=True, at_most=1), "ab", "contains 'a | b' more than 1 times"),
    (Matches(pattern="^b$", multiline=True), "a\nb", ""),
    (Matches(pattern="a.b", dot_all=True), "a\nb", ""),
    (Matches(pattern="a", at_least=2), "aa", ""),
    (Matches(pattern="a", at_least=3), "aa", "fewer than 3 matches of 'a'"),
    (Matches(pattern="a", at_most=1), "aa", "more than 1 matches of 'a'"),
    (Matches(pattern="a", at_least=1), "b", "does not match 'a'"),
    (Script(names="Latin"), "Zürich, 3 µm & 😀", ""),
    (Script(names="Latin"), f"{ENGLISH} {ENGLISH} {CHINESE}", "Han letters in the text"),
    (Script(names="Latin"), CHINESE, "written in Han"),
    (Script(names="Latin", share=0.9), f"{ENGLISH} 北京", ""),
    (Script(names=("Han", "Kana")), "電車は九時に出発します。", ""),
    (Script(names="Hebrew"), "שלום", ""),
    (Script(names="Latin"), "42", "no letters"),
    (Script(names="Latin"), "", "empty reply"),
    (Language(codes="en"), ENGLISH, ""),
    (Language(codes="en"), GERMAN, "in de"),
    (Language(codes=("en", "de")), GERMAN, ""),
    (Language(codes="en"), f"{ENGLISH} {ENGLISH}\n\n{GERMAN}\n\n{ENGLISH}", "drifts into de"),
    (Language(codes="en", throughout=False), f"{ENGLISH} {ENGLISH}\n\n{GERMAN}\n\n{ENGLISH}", ""),
    (Language(codes="en"), f"{ENGLISH} {ENGLISH} {ENGLISH}\n\n{CHINESE}{CHINESE}", "drifts into zh"),
    (Language(codes="en"), f"{ENGLISH}\n```python\nfür = wenn_dann(nicht_mehr)\n```", ""),
    (Language(codes="ja"), "電車は朝九時に出発します。", ""),
    (Language(codes="en"), "42 + 1 = 43", "no words"),
    (Language(codes="en"), "", "empty reply"),
    (Language(codes="en"), "Lisbon", "too short to tell its language"),
    (RepeatsPrompt(text="Where is  Turin?"), "where is Turin? In Italy.", ""),
    (RepeatsPrompt(text="Where is Turin?"), "Sure. Where is Turin? In Italy.", "text before the repeated prompt"),
    (RepeatsPrompt(text="Where is Turin?", anywhere=True), "Sure. Where is Turin? In Italy.", ""),
    (RepeatsPrompt(text="Where is Turin?"), "In Italy.", "prompt not repeated"),
    (RepeatsPrompt(text="Where is Turin?"), "Where is Turin?", ""),
    (RepeatsPrompt(text=ENGLISH), f"{ENGLISH[:60]} and so on", "prompt repeated in part"),
    (RepeatsPrompt(text="a"), "", "empty reply"),
    (RepeatsPrompt(), "In Italy.", "the prompt is not known; give it as `text`"),
]


@pytest.mark.parametrize(("behavior", "text", "cause"), CASES)
def test_a_reply_passes_or_fails_with_the_cause_that_names_the_fault(behavior, text, cause):
    assert behavior.check(Reply(text=text)).cause == cause


def test_the_prompt_is_that_of_the_recorded_request():
    body = {"messages": [{"role": "user", "content": "Where is Turin?"}]}
    request = Request(surface="openai-chat", path="/", body=body)
    exchange = Exchange(request=request, response=Response(status=200))
    assert RepeatsPrompt().check(Reply(text="Where is Turin? In Italy.", exchange=exchange)).passed
    assert not RepeatsPrompt().check(Reply(text="In Italy.", exchange=exchange)).passed


def test_tokens_are_those_that_the_endpoint_counted():
    few = Length(unit="tokens", at_most=5)
    assert few.check(Reply(usage=Usage(input_tokens=9, output_tokens=5))).passed
    assert few.check(Reply(usage=Usage(input_tokens=9, output_tokens=6))).cause == "more than 5 tokens"
    assert few.check(Reply(text="short")).outcome == "error"


def test_what_cannot_tell_a_language_is_an_error_and_no_verdict():
    assert Language(codes="en").check(Reply(text="Lisbon")).outcome == "error"
    assert Language(codes="en").check(Reply(text="HARM, HARD, HARE, HARK, HART, HARP")).outcome == "error"


def test_the_codes_that_a_contract_may_name_are_those_that_the_detector_knows():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    labels = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert sorted(code for code in labels if len(code) == 2) == sorted(_CODES)


def test_without_its_detector_language_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "py3langid", None)
    behavior = Language(codes="en")
    assert "pip install 'pytest-behavior-contract[language]'" in behavior.unready
    assert behavior.check(Reply(text=ENGLISH)).outcome == "error"


@pytest.mark.parametrize("fields", [{}, {"full": True}, {"at_least": 1}])
def test_a_pattern_that_backtracks_for_ever_is_stopped_and_is_no_verdict_on_the_model(fields, monkeypatch):
    monkeypatch.setattr("pytest_behavior_contract.judge.behaviors.matches._SECONDS", 0.1)
    found = Matches(pattern="(a|aa)+$", **fields).check(Reply(text="a" * 5_000 + "b"))
    assert found.outcome == "error"
    assert found.cause == "pattern takes too long: '(a|aa)+$'"


def test_a_reply_cut_off_by_the_limit_is_named_as_that_where_its_end_is_looked_at():
    cut = Reply(text="It is a long", finish_reason="length")
    assert EndsWith(text="regards").check(cut).cause == "cut off by the token limit"
    assert Punctuation(ends=True).check(cut).cause == "cut off by the token limit"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Length(unit="words"), "at_least, at_most or both"),
        (lambda: Length(unit="words", at_least=-1), "negative"),
        (lambda: Length(unit="words", at_least=3, at_most=2), "nothing can hold"),
        (lambda: Parts(separator=""), "separator"),
        (lambda: Parts(nth=2), "belong together"),
        (Punctuation, "without"),
        (lambda: Punctuation(without="comas"), "neither a single character"),
        (Placeholders, "at_least, at_most or both"),
        (lambda: StartsWith(text=""), "must not be empty"),
        (lambda: EndsWith(text=()), "must not be empty"),
        (lambda: Contains(text=(), any=True), "must not be empty"),
        (lambda: NoPostamble(allow=("wishes",)), "known: offer, question, wish, note"),
        (lambda: NoLeakedMarkup(kinds=()), "must not be empty"),
        (lambda: Script(names="latin"), "did you mean 'Latin'"),
        (lambda: Script(names="Latin", share=0), "share"),
        (lambda: Language(codes="english"), "unknown language 'english'"),
        (lambda: Language(codes=()), "must not be empty"),
        (lambda: Matches(pattern="a", full=True, at_least=1), "nothing to count"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()
