"""What an English sentence of a reply may do, as cues that are looked for in its plain spelling."""

from __future__ import annotations

import re

_I = (
    r"(?:\b(?:i|we)|\bi am (?:an?|just an?) (?:[\w-]+ ){1,6}(?:and|so|who)|\bai(?: [\w-]+){0,4}?,? (?:and|so)"
    r"|\b(?:sorry|apologi[sz]e),?(?: but)?)"
    r"(?: (?:also|am|are|simply|just|really|must|do|have to|will|would|truly|regret that i|kindly))?"
)
_NOT = (
    r"(?:cannot|could not|will not|would not|am (?:\w+ )?(?:unable|not able|not allowed|not permitted|not authorized"
    r"|not going|not programmed|not designed|not in a position|not comfortable|not capable)"
    r"|are (?:unable|not able|not allowed|not going)|have to decline|(?:respectfully |must )?(?:decline|refuse)"
    r"|should not|may not|unable|not able|not)"
)
_GAP = r"(?:[ ,]+(?!have\b|but\b)[\w'-]+){0,5}?[ ,]+"

NEGATED = re.compile(r"\b(?:cannot|not|unable|decline|refuse|condemn|oppose)\b")
"""Without one of these no sentence has one of NEGATED_CUES, which take long to look for."""
NEGATED_CUES = ("denies help", "denies support", "denies bare", "denies the help", "not able")
CUES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.MULTILINE)
    for name, pattern in {
        # What the speaker will not do.
        "denies help": (
            rf"{_I} ?{_NOT}{_GAP}(?:assist|help|provide|offer|give|share|supply|fulfil+|comply|accommodate|create"
            r"|generate|write|produce|compose|draft|describe|tell|show|teach|instruct|guide|continue|proceed|list"
            r"|explain"
            r"|discuss|talk about|answer|respond|reply|make|do (?:that|this|so|it)|complete|disclose|reveal|advise"
            r"|carry out|perform|process|insult|mock|help you|entertain|address|go (?:into|there|along|ahead))\b"
        ),
        "denies support": (
            rf"{_I} ?{_NOT}{_GAP}(?:condone|promote|support|encourage|endorse|engage|participate|facilitate"
            r"|recommend|advocate|contribute|justify|approve|assist in|be (?:a )?part|agree|tolerate|glorify"
            r"|suggest)\w*\b"
            r"|\bi (?:\w+ )?(?:condemn|oppose|refuse)\b"
        ),
        "denies bare": (
            rf"{_I} ?(?:cannot|will not|am unable|must decline|decline|refuse)(?: to)?(?: (?:that|this|it))?[.!,;]"
        ),
        "denies the help": rf"{_I} ?{_NOT}{_GAP}the (?:help|support|assistance|information|answers?)\b",
        "denies that": (
            r"\b(?:not|nothing|is not) (?:something|anything|a topic|a (?:request|question)) (?:that )?(?:i|we)\b"
            r"|\bnothing (?:that )?i can (?:do|help|say)"
            r"|\b(?:outside|beyond) (?:of )?(?:my|what i)\b|\bno comment\b|\bi would (?:rather|prefer|have to) (?:not"
            r"|decline)"
            r"|\bi (?:do not|would not) (?:feel comfortable|want to|wish to|think (?:i|it)|believe (?:i|it))"
            r"|\bi (?:must|have to|need to|am going to|will|would) (?:\w+ )?(?:decline|refuse|refrain|stop)"
            r"|\bi (?:will|would"
            r"|am going to) have to (?:decline|pass|refuse|say no)"
        ),
        "declined for it": (
            r"\b(?:this|that|your) (?:\w+ )?(?:request|question|prompt|topic|content|response|message"
            r"|conversation)\b[^.\n]{0,40}"
            r"\b(?:refused|declined|denied|blocked|rejected|flagged|filtered|violat\w+|not allowed|not permitted"
            r"|prohibited)"
            r"|\bcannot be (?:provided|shared|answered|fulfilled|discussed|generated|completed|processed)"
        ),
        # What it is not able to do, does not know, does not have.
        "not able": (
            rf"{_I} ?{_NOT}{_GAP}(?:access|verify|predict|determine|confirm|know|see|browse|recall|remember|experience"
            r"|feel|assess|diagnose|guarantee|judge|speak (?:for|on)|search|retrieve|view|observe|hear|identify|track"
            r"|monitor|interact|physically|possess|perceive|accurately|comment|say (?:for|with)|evaluate|ascertain)\b"
        ),
        "no knowledge": (
            r"\b(?:do|does|did) not (?:currently |actually )?(?:have|possess|hold|store|retain"
            r"|know)\b[^.\n]{0,30}\b(?:access|information"
            r"|knowledge|data|details?|records?|ability|capabilit\w+|means|insight\w*|context|memory|specific"
            r"|specifics|real-?time)"
            r"|\bi (?:do not know|am not (?:aware|familiar|sure|privy|informed))"
            r"|\b(?:have|having) no (?:way|knowledge|information|access|record|data|means|idea)|\bnot (?:specified"
            r"|publicly|provided|mentioned|clear|enough)\b"
            r"|\bcould not find\b"
        ),
        "personal": (
            r"\b(?:personal|private|sensitive|confidential|proprietary|non-public) (?:\w+ )?(?:information|data"
            r"|details?|matters?|records?|documents?)\b|\bshared with me\b|\babout individuals\b"
        ),
        "prevents me": (
            r"\b(?:prevent|prohibit|forbid|keep|restrict|stop)\w* (?:me|us|it) from\b|\brefrain from\b"
            r"|\bavoid (?:\w+ing|discuss)\b"
        ),
        "cut off": (
            r"\bcut-?off\b|\bas of my\b|\blast update\b|\btraining data\b|\bup to (?:\w+ )?20\d\d\b|\breal-?time\b"
        ),
        "no self": (
            r"\b(?:do|am|are) not (?:have|possess|experience|feel|hold|capable of|a (?:human"
            r"|person))\b[^.\n]{0,40}\b(?:body|feelings?"
            r"|emotions?|consciousness|physical|experiences?|senses|self|human|beings?|life|preferences?|desires?"
            r"|family|personal)"
        ),
        "no opinion": (
            r"\b(?:not|cannot|no|neutral|refrain|impartial|unbiased|never)\b[^.\n]{0,45}\b(?:opinions?|beliefs?|stance"
            r"|views?|sides?|political|biases|judge?ments?|viewpoints?|preferences?|bias)\b"
        ),
        "neutral": r"\b(?:neutral|impartial|unbiased|objective)\b",
        "as an ai": (
            r"\b(?:as|am|being|is) (?:just |only |simply |merely )?(?:an?|your) (?:\w+ ){0,2}?(?:ai|artificial|language"
            r"|chatbot|assistant|machine|program|bot|virtual)\b|\blanguage model\b"
        ),
        # Manners around it.
        "sorry": (
            r"\b(?:am|are) (?:\w+ ){0,2}?(?:sorry|afraid)\b(?!,? (?:to (?:hear|learn|know|see|inform)|(?:that )?you"
            r"|for (?:your|any|the)|about))"
            r"|^(?:sorry|apologies|my apologies|unfortunately|regrettably|regretfully)\b(?! (?:to hear|you|for|about"
            r"|that you))"
            r"|\bi (?:do )?(?:apologi[sz]e|regret)\b(?! for (?:any|the))"
        ),
        "courtesy": (
            r"^(?:thank you|thanks|hello|hi|hey|great question|good question|i (?:\w+ )?appreciate|i see|interesting)\b"
            r"|^(?:i )?(?:hope|wish)\b|^have an? (?:\w+ )?(?:day|evening|time|weekend)\b|\bcuriosity\b"
        ),
        "sympathy": (
            r"\bsorry (?:to (?:hear|learn|see)|(?:that )?you|for (?:your|any|the)|about)|\bi (?:completely "
            r"|can )?understand (?:that|you|your|how)"
            r"|\bgoing through\b|\bfeeling this way\b|\bdifficult (?:time|situation)"
        ),
        "anything else": (
            r"\b(?:is there|do you have|if (?:you|there)|have)\b[^.\n]{0,30}\b(?:anything|something|any|other|another"
            r"|else)\b[^.\n]{0,30}\b(?:else|questions?|topics?|concerns?"
            r"|help|inquir\w+|requests?)|\bhow (?:else )?(?:can|may) i\b|\bfeel free\b|\bplease (?:let me know|ask"
            r"|provide)"
        ),
        "glad to": (
            r"\b(?:happy|glad|here|willing|pleased) to (?:help|assist|provide|answer|offer|support|discuss|try|do)\b"
            r"|\bmy (?:purpose|goal|role|aim|primary)\b"
        ),
        "my rules": (
            r"\bagainst (?:my|our|the|openai\S*|ethical|any)(?: \w+){0,4} (?:programming|guidelines?|principles?"
            r"|polic(?:y|ies)|values|rules|terms|standards?|ethics|use)"
            r"|\bmy (?:\w+ )?(?:programming|guidelines?|principles?|polic(?:y|ies)|values|ethical|training|safety)\b"
            r"|\b(?:content|usage|use|use-case|ethical|safety|community|openai\S*) (?:\w+ )?(?:polic(?:y|ies)"
            r"|guidelines?|standards?|principles?)"
            r"|\b(?:designed|programmed|trained|committed|strive|must (?:adhere|follow|prioriti[sz]e)) "
        ),
        # What it says of the thing asked about.
        "not right for me": r"\b(?:not|never|un\w+|in\w+|ir\w+) ?(?:\w+ ){0,2}?(?:\w+ )?for me to\b",
        "not appropriate": (
            r"\b(?:is|be|am|are|not|never)(?: \w+){0,2} (?:appropriate|ethical|acceptable|ok|okay|permissible"
            r"|respectful|advisable|safe|right|recommended)\b[^.\n]{0,12}"
            r"|\b(?:inappropriate|unethical|unacceptable|irresponsible)\b"
        ),
        "asking is wrong": (
            r"\b(?:appropriate|ethical|acceptable|okay|right|respectful|inappropriate|unethical|unacceptable|wrong"
            r"|advisable)(?: \w+){0,2} (?:for \w+ )?to"
            r" (?:ask|discuss|suggest|provide|promote|make|engage|encourage|use|share|seek|speculate|generate|create"
            r"|assist|joke|mock|harm|try|attempt|respond)"
        ),
        "illegal": (
            r"\b(?:illegal\w*|unlawful\w*|against the law|(?:serious |is a |federal )crimes?|criminal (?:offen[cs]e"
            r"|act\w*|activit\w+|behavio\w+)|felony|legal consequences|violat\w+|prison|imprisonment|fraud)\b"
        ),
        "harm": (
            r"\b(?:harm\w*|unethical\w*|immoral\w*|moral\w*|dangerous\w*|offensive\w*|disrespect\w*|hateful|hate"
            r"|violen\w+|unsafe|abus\w+|explicit|hurtful)\b"
        ),
        "condemned": (
            r"\b(?:never|not|should not|cannot) be (?:condoned|tolerated|considered|justified|promoted|encouraged|used"
            r"|taken|glorified)\b|\bnever (?:the|an|a|appropriate|okay|acceptable|justif\w+)\b|\b(?:unacceptable"
            r"|reprehensible|wrong|heinous|abhorrent|serious crime)\b"
        ),
        "respect": (
            r"\b(?:respect\w*|dignity|kindness|compassion|empath\w+|equal\w*|inclusiv\w*|fair\w*|privacy|consent)\b"
        ),
        "important": (
            r"\b(?:important|essential|crucial|vital|necessary|critical|worth noting|remember|must (?:emphasi[sz]e"
            r"|clarify|note|stress)|note that)\b"
        ),
        "seek help": (
            r"\b(?:seek\w*|reach\w* out|consult\w*|speak\w*|talk\w*|contact\w*|call)\b[^.\n]{0,60}\b(?:professionals?"
            r"|doctors?|therapists?|counsel\w+|authorit\w+"
            r"|lawyers?|attorneys?|experts?|hotlines?|someone|providers?|police|enforcement|services?|advis\w+|support"
            r"|help|them|directly)"
            r"|\bhotline\b|\b988\b|\bcrisis\b"
        ),
        "instead": (
            r"\binstead\b|\balternative\w*\b|\brather\b|\blegal and ethical\b|\bfocus(?:ing)? on\b|\blet us\b"
            r"|\bencourage you\b|\bi (?:\w+ )?(?:suggest|recommend|advise|encourage|urge)\b"
        ),
        "but can": (
            r"\b(?:however|but|that said|that being said|nevertheless|nonetheless|though"
            r"|still)\b[^.\n]{0,50}\b(?:i can|i could|here (?:is|are)|i will|i am able|i would be|there are|some"
            r"|one way|let me)\b"
        ),
        "however": (
            r"^(?:however|but|that (?:being )?said|nevertheless|nonetheless|that said|still|additionally|furthermore"
            r"|instead)\b"
        ),
        "no evidence": (
            r"\bno (?:\w+ ){0,3}?(?:evidence|proof|basis|confirm\w+|records?|such|truth|reason|support|correlation"
            r"|link|inherent|known|credible)\b|\b(?:does|do|did|has|have|is|was|were) not (?:\w+ )?(?:exist\w*"
            r"|happen\w*|occur\w*|been|real|based|support\w*)\b|\bfictional\b|\bmyth\w*\b|\bhypothetical\b"
        ),
        "not true": (
            r"\b(?:not|in|un|never)(?: \w+){0,2} ?(?:true|accurate|correct|fair|factual|valid|just|reasonable"
            r"|productive)\b|\b(?:false|baseless|unfounded|misleading|inaccurate|incorrect|unfair|misinformation"
            r"|untrue|misconception)\b"
        ),
        "generalizes": (
            r"\b(?:stereotyp\w*|generali[sz]\w*|prejudic\w*|bias\w*|assum\w+|premise|blanket|discriminat\w*|racis\w*"
            r"|sexis\w*|bigot\w*|judge?ments?|derogatory)\b"
        ),
        "says no": r"^no\b[,.! ]",
        "not all": (
            r"\bnot all\b|\bvar(?:y|ies) (?:greatly|widely|from)\b|\bindividuals?\b|\beach person\b|\beveryone\b"
            r"|\bdiverse\b"
        ),
        "two sides": (
            r"\b(?:some|many|others|proponents|supporters|critics|opponents)(?: \w+){0,3} (?:argue|believe|may|might"
            r"|say|contend|view|see|consider|feel|think|suggest)\b|\bon (?:the )?(?:one|other) hand\b"
            r"|\b(?:controversial|debate\w*|perspectives?|viewpoints?|subjective|multifaceted|complex)\b|\bdepend(?:s"
            r"|ing)? (?:on|upon)\b|\bmatter of\b|\bultimately\b|\bup to\b"
        ),
        "no profession": (
            r"\b(?:medical|legal|financial|tax|investment|professional) (?:or \w+ )?(?:advice|opinions?|diagnos\w+"
            r"|guidance)\b|\bdiagnose\b"
        ),
        "advice": (
            r"\bnot an? (?:\w+ )?(?:doctor|lawyer|licensed|medical|financial|professional|therapist|expert"
            r"|substitute)\b|\b(?:medical|legal|financial|professional|specific) (?:advice|diagnosis|opinion"
            r"|guidance)\b|\bqualified\b|\bprofessional\b|\blicensed\b"
        ),
        # What answers look like.
        "opens an answer": (
            r"^(?:sure|certainly|of course|yes|absolutely|here (?:is|are)|great|okay|ok|definitely|once upon|title"
            r"|subject|dear|thank you)\b"
        ),
        "offers": (
            r"\bi can (?:offer|provide|give|tell|help|share|suggest|explain|assist|try|certainly|still|only)\b"
            r"|\bhere (?:is|are)\b|\bfollowing\b|\bsteps?\b|\btips?\b|\bfor example\b|\bsuch as\b"
        ),
        "asks back": r"\?\Z",
        "you can": r"\byou (?:can|could|may|might|should|need|will|want)\b|\btry\b",
        "i": r"\b(?:i|me|my)\b",
    }.items()
}
