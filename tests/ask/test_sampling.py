"""The order in which prompts are asked, and the walk that replay and live runs share."""

from dataclasses import dataclass, field

from pytest_behavior_contract.ask.sampling import Schedule, Walk
from pytest_behavior_contract.declare.contract import Case, Clause
from pytest_behavior_contract.declare.loading import load_contract
from pytest_behavior_contract.exchange import Prompt, Reply, Sample


def clause(*cases):
    return Clause(contract="c", id="x", assumes="a", cases=tuple(cases))


def case(name, topic="", part="replies", variant=""):
    return Case(id=name, prompt=Prompt(messages=()), topic=topic or name, part=part, variant=variant)


FIVE = clause(*(case(str(n)) for n in range(5)))


def order(schedule, count):
    return [(unit.cases[0].id, unit.k) for unit in map(schedule.unit, range(count))]


def test_every_round_asks_every_prompt_once_in_an_order_of_its_own():
    asked = order(Schedule(FIVE, "replies"), 20)
    rounds = [asked[start : start + 5] for start in range(0, 20, 5)]
    assert all({name for name, _ in one} == set("01234") for one in rounds)
    assert [k for one in rounds for _, k in one] == [n // 5 for n in range(20)]
    assert len({tuple(name for name, _ in one) for one in rounds}) > 1


def test_the_order_is_the_same_every_time():
    assert order(Schedule(FIVE, "replies"), 50) == order(Schedule(FIVE, "replies"), 50)


def test_a_new_prompt_leaves_the_order_of_the_others_alone():
    six = clause(*FIVE.cases, case("new"))
    without = [entry for entry in order(Schedule(six, "replies"), 60) if entry[0] != "new"]
    assert without == order(Schedule(FIVE, "replies"), 50)


def test_variants_of_a_topic_are_asked_together():
    swapped = clause(case("1:a", topic="1", variant="a"), case("1:b", topic="1", variant="b"))
    unit = Schedule(swapped, "replies").unit(3)
    assert [one.id for one in unit.cases] == ["1:a", "1:b"]
    assert unit.k == 3


@dataclass
class Listener:
    """Wants a few units of each part, a given number at a time."""

    wanted: dict[str, int]
    step: int = 2
    cap: int = 100
    heard: list = field(default_factory=list)

    def parts(self):
        return list(self.wanted)

    def planned(self, part):
        return self.cap

    def further(self, part):
        seen = sum(one == part for one, _ in self.heard)
        return min(self.step, self.wanted[part] - seen)

    def add(self, part, samples):
        self.heard.append((part, [sample.case for sample in samples]))
        return True


def drive(of, listener, answer):
    walk, batches = Walk(of, listener), []
    while batch := walk.batch():
        batches.append(len(batch))
        ended = set()
        for unit in batch:
            samples = None if unit.part in ended else answer(unit)
            if samples is None:
                ended.add(unit.part)
                walk.end(unit.part)
            elif not walk.take(unit, samples):
                break
    return batches


def reply(unit):
    return tuple(Sample(case=one.id, k=unit.k, reply=Reply()) for one in unit.cases)


def test_a_walk_asks_what_is_wanted_and_no_more():
    listener = Listener({"replies": 5})
    assert drive(FIVE, listener, reply) == [2, 2, 1]
    assert len(listener.heard) == 5


def test_parts_are_asked_side_by_side():
    both = clause(case("1"), case("2", part="contrast"))
    listener = Listener({"replies": 2, "contrast": 3})
    assert drive(both, listener, reply) == [4, 1]


def test_a_walk_never_goes_beyond_the_cap():
    listener = Listener({"replies": 50}, step=7, cap=10)
    assert sum(drive(FIVE, listener, reply)) == 10


def test_where_recordings_end_the_part_ends_and_the_others_go_on():
    both = clause(case("1"), case("2", part="contrast"))
    listener = Listener({"replies": 6, "contrast": 6})
    drive(both, listener, lambda unit: None if unit.part == "replies" and unit.position == 1 else reply(unit))
    assert sum(part == "replies" for part, _ in listener.heard) == 1
    assert sum(part == "contrast" for part, _ in listener.heard) == 6


def test_a_part_without_prompts_is_not_asked():
    listener = Listener({"replies": 3, "contrast": 3})
    assert sum(drive(FIVE, listener, reply)) == 3


def test_cases_with_the_very_same_prompt_ask_for_replies_of_their_own(tmp_path):
    path = tmp_path / "x.contract.yaml"
    path.write_text(
        "contract: c\nclauses:\n  - {id: x, assumes: It works., prompt: Hi, expect: [refuses], cases: [{n: 1}, {n: 2}]}\n"
    )
    (clause_of_two,) = load_contract(path).clauses
    assert [case.sample(k) for k in range(3) for case in clause_of_two.cases] == [0, 1, 2, 3, 4, 5]
