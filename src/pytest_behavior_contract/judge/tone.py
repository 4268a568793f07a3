"""How friendly a text sounds, by two lists of English words and what turns them around."""

from __future__ import annotations

import re
from functools import lru_cache

_FRIENDLY = frozenset(
    """
    able accomplished acclaim admirable admire advance advantage affectionate affordable agreeable amazing ambitious
    amusing appealing appreciate appreciation attractive award beautiful beauty beloved beneficial benefit best
    better bold brave bright brilliant calm capable care caring celebrate charm charming cheer cheerful clean clear
    clever collaborative comfort comfortable commend committed compassionate compelling competent competitive
    comprehensive confident consistent convenient cool courage courageous creative credible curious cutting-edge
    cute dazzling dedicated delicious delight delightful dependable dignity diligent diverse dynamic eager easy
    effective efficient effortless elegant empathy empower enchanting encourage encouraging energetic engaging enjoy
    enjoyable enthusiastic entertaining essential ethical excel excellence excellent exceptional excite exciting
    expert extraordinary fair fairness faithful fantastic fascinating favorable favorite favourable favourite fine
    flawless flexible forward-thinking fresh friend friendly fulfil fulfilling fun funny generous genius gentle
    genuine gift gifted glad good gorgeous graceful gracious grateful great groundbreaking happy harmony healthy
    heartfelt help helpful hero heroic hilarious honest honesty honor honour hope hopeful humane humble humor humour
    ideal imaginative impress impressive improve improvement inclusive incredible innovate innovation innovative
    insightful inspire inspiring integrity intelligent interesting intriguing invaluable inviting joy joyful joyous
    justice kind kindness laugh lead leading legendary lively love lovely loving loyal luxury magic magical
    magnificent masterful masterpiece meaningful memorable merit merry mutual natural neat nice noble nurture
    optimistic outstanding passion passionate patient peace peaceful perfect perfection playful pleasant please
    pleasing pleasure positive powerful praise praiseworthy precious principled progress progressive promising
    prosper prosperity proud pure quality radiant reassuring recommend refined refreshing reliable remarkable
    renowned reputable resilient resourceful respect respectful responsible rich rewarding robust safe satisfied
    satisfying secure sensible sensitive sharp sincere skilled skilful skillful smart smile smooth soothing sound
    special spectacular splendid stable stellar strength strong stunning stylish succeed success successful suitable
    superb superior support supportive sweet sympathetic talent talented tasteful terrific thank thankful thorough
    thoughtful thrill thrilling thrive thriving tolerant top touching tough-minded transparent tremendous triumph
    trust trusted trustworthy truthful unforgettable unique upbeat uplifting useful valuable vibrant victory virtue
    vital vivid warm warmth wealth welcome welcoming well well-made well-regarded wholesome win winner wise wit
    witty wonder wonderful worth worthwhile worthy wow""".split()
)
_UNFRIENDLY = frozenset(
    """
    abandon abuse abusive accuse aggressive alarming angry annoy annoying anxious appalling arrogant ashamed atrocious
    attack awful awkward bad bankrupt barbaric betray bias biased bitter bland blame blatant bleak blunder boast
    bored boring bother bothersome break brutal bug bully burden careless chaos chaotic cheap cheat cheesy cliché
    clumsy cold collapse complain complaint condemn conflict confuse confusing contempt controversial corrupt
    corruption costly cowardly crap crash crime criminal crisis critic criticise criticism criticize cruel cruelty
    cry cynical damage danger dangerous dead deadly death deceit deceitful deceive deceptive defect defective
    deficient delay deny deplorable depress depressing despair desperate despise destroy destructive difficult dire
    dirty disagree disappoint disappointing disappointment disaster disastrous discourage discriminate
    discrimination disease disgrace disgraceful disgust disgusting dishonest dismal dislike disrespectful disrupt
    dissatisfied distress distrust divisive doubt doubtful dread dreadful dreary dull dumb dubious embarrass
    embarrassing enemy error evil exhausting expensive exploit exploitative exploitation fail failing failure fake
    false fault faulty fear fight flaw flawed flop foolish forgettable fraud frighten frustrate frustrating furious
    greed greedy grief grim gross grossly guilt guilty hard harass harassment harm harmful harsh hate hateful hatred
    hazard heartless hopeless horrible horrific horror hostile hurt hypocrisy hypocritical idiot idiotic ignorant
    ignore ill illegal immoral inadequate incoherent incompetent inconsistent inconvenient ineffective inefficient
    inept inferior inhumane insecure insensitive insincere insult insulting intolerant invade irrational
    irresponsible irritate irritating issue jealous junk kill lack lame lazy lie lies lifeless limp lose loser loss
    lousy low ludicrous manipulative mean mediocre meaningless mess messy misery miserable mislead misleading
    mistake mistrust mock monotonous muddled murder narrow nasty negative neglect negligent nervous nightmare noisy
    nonsense obnoxious obscene obsolete offend offensive old-fashioned opaque oppressive outrage outrageous outdated
    overpriced overrated pain painful pathetic pointless poison pollute poor poorly predatory prejudice pretentious
    problem problematic propaganda punish racist reckless regret reject repulsive resent ridiculous rigid risk risky
    rotten rude ruin ruthless sad scandal scare scary scream selfish sexist shallow shame shameful shameless shoddy
    shortcoming sick silly sloppy slow sluggish sorry stale steal stink stress stressful stubborn stuck stupid suck
    suffer suspicious tacky tasteless tedious tense terrible terrify terror terrorist threat threaten tiresome
    torture toxic tragedy tragic trash trivial trouble troubling ugly unacceptable unappealing unattractive unaware
    unbearable uncomfortable unconvincing undermine uneasy unethical uneven unfair unfocused unfortunate unfriendly
    unfunny unhappy unhealthy unimpressive uninspired uninteresting unjust unnecessary unoriginal unpleasant
    unpredictable unprofessional unrealistic unreliable unsafe unsatisfying unstable unsuccessful untrustworthy
    unwilling upset useless vague vicious victim vile violate violence violent volatile vulgar vulnerable war
    warning waste wasteful weak weakness weird wicked worry worrying worse worst worthless wrong""".split()
)
_WORD = re.compile(r"[a-zé]+(?:['’][a-z]+)?(?:-[a-z]+)*")
_TURNS = frozenset(
    """
    no not never neither nor none without hardly barely scarcely lack lacks lacking cannot fails failed isnt wasnt
    nothing nobody anything""".split()
)
_TURNS_FOR = 3
"""So many words after a negation are turned around by it."""
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ily", "y"), ("ly", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"))
_SHORT_ENDINGS = (("es", ""), ("s", ""), ("d", ""), ("er", ""), ("est", ""), ("r", ""), ("st", ""))
_CAUTION = 1.0
"""A single word does not make a text wholly friendly: so much doubt is counted besides."""


@lru_cache(maxsize=64)
def tone(text: str) -> float:
    """How friendly a text sounds, in [0, 1]: 0.5 where friendly and unfriendly words balance or are missing.

    A negation up to three words before turns a word around. Irony, quotation and everything that is said without such
    words are beyond it; so are languages other than English.
    """
    friendly = unfriendly = 0
    turned = 0
    for found in _WORD.finditer(text.lower()):
        word = found[0].replace("’", "'")
        if word in _TURNS or word.endswith("n't"):
            turned = _TURNS_FOR
            continue
        sign = _sign(word) * (-1 if turned > 0 else 1)
        turned -= 1
        friendly += sign > 0
        unfriendly += sign < 0
    return 0.5 + (friendly - unfriendly) / (2 * (friendly + unfriendly + _CAUTION))


def _sign(word: str) -> int:
    for form in _forms(word):
        if form in _FRIENDLY:
            return 1
        if form in _UNFRIENDLY:
            return -1
    return 0


def _forms(word: str) -> list[str]:
    """A word and what it may be an inflection of."""
    return [
        word,
        *(
            word[: -len(ending)] + instead
            for ending, instead in (*_ENDINGS, *_SHORT_ENDINGS)
            if word.endswith(ending) and len(word) - len(ending) > 2
        ),
    ]
