"""What kind of question it is, by the field's own words."""

import re
from enum import StrEnum
from typing import Final

from ai_gateway.answers.understand.ahead import COMES, WHEN
from ai_gateway.answers.understand.deeds import DONE, EFFECT, HELPED
from ai_gateway.answers.understand.visits import PLAN, SUITS


class Intent(StrEnum):
    """The kinds of question that can be answered."""

    STATUS = "status"
    ALERTS = "alerts"
    INCIDENTS = "incidents"
    ANOMALIES = "anomalies"
    HISTORY = "history"
    METRICS = "metrics"
    COMPARISON = "comparison"
    COURSE = "course"
    SIMILAR = "similar"
    AT_RISK = "at_risk"
    JOBS = "jobs"
    PLANNING = "planning"
    CHANGES = "changes"
    ERRORS = "errors"
    CHECKS = "checks"
    UNKNOWN = "unknown"


_METRIC_WORD = (
    r"cpu|processor|memory|ram|disks?|storage|latenc(?:y|ies)|ping|temperatures?|error[- ]rates?|transactions?|"
    r"connections|queue"
)
_DEED = r"(?:updat|upgrad|restart|reboot|patch|deploy|roll\w* out|install|maintain|servic|work|run|schedul|push|reconfigur|chang|do|start|begin|touch)\w*"
"""What somebody means to do at a site or to a device."""
_WORK = r"(?:jobs?|(?:firmware |config\w* |software )?(?:updates?|upgrades?)|deployments?|rollouts?|restarts?|reboots?|patch(?:es)?|pushes)"
_OUTCOME = (
    r"(?:done|finish\w*|complet\w*|through|succe\w+|fail\w*|stuck|pending|running|queued|unfinished|installed|applied|"
    r"in progress|under ?way|over|went wrong|work(?:ed)?|ran|executed|took|take)"
)
"""How work can stand."""
_RESOLVED = r"(?:resol\w+|fix\w*|clos\w+|solv\w+|repair\w*|clear\w*|handl\w*|deal\w*|stay|remain)"
_RULES: Final[tuple[tuple[Intent, str], ...]] = (
    (
        Intent.ALERTS,
        rf"\bwho (?:has |had )?(?:resolved|closed|acknowledged|ignored|dismissed)\b.{{0,60}}\b(?:alert|alarm)s?\b|"
        r"\b(?:alert|alarm)s?\b.{0,120}\bwho (?:has |have )?(?:resolved|closed|fixed|solved|acknowledged) (?:it|them|that|those|these)\b|"
        rf"\b(?:{_METRIC_WORD})(?: \w+)? (?:alerts?|alarms?)\b|\b(?:alerts?|alarms?)\b.{{0,20}}\b(?:about|mention\w*|for|of|because of|due to)\b.{{0,20}}\b(?:{_METRIC_WORD})\b|"
        r"\bhow (?:often|frequent\w*)\b(?!.*\b(?:jobs?|updates?|checks?|restarts?|reboots?|backups?|errors?|offline|online|down)\b).{0,80}\b(?:fail|break|crash|go wrong|act up|misbehave|problems?|issues?|troubles?)\w*\b|"
        rf"\b(?:which|what|who)\b.{{0,40}}\b{_RESOLVED}\b.{{0,40}}\b(?:fast|quick|slow|soon)(?:er|est|ly)?\b|"
        rf"\bhow (?:long|fast|quick\w*|soon)\b(?!.{{0,40}}\b(?:has|have|had|been)\b).{{0,40}}\b(?:to|we|they|you|us|team|technicians?) {_RESOLVED}\b|"
        rf"\bmttr\b|\bmean time to\b|\b(?:average|avg|typical) time to (?:fix|resolve|repair|close|solve)\b|\bresolution times?\b|"
        rf"\b(?:how (?:long|fast|quick\w*|soon)|time)\b(?!.{{0,40}}\b(?:has|have|had|been)\b).{{0,60}}\b{_RESOLVED}\b.{{0,40}}\b(?:alert|alarm|problem|issue|ticket)s?\b|"
        rf"\bhow (?:long|fast|quick\w*|soon)\b(?!.{{0,40}}\b(?:has|have|had|been)\b).{{0,40}}\b(?:alert|alarm|problem|issue|ticket)s?\b.{{0,40}}\b{_RESOLVED}\b",
    ),
    (
        Intent.SIMILAR,
        r"\bwhat (?:can|could|should|must) (?:we|i|one) do\b(?! first)|happened before(?! (?:the|it|that|this|they|my|our|he|she|we)\b)|seen (?:this|that|it|something like)|similar (?:incident|problem|issue|case|event|alert)|"
        r"past incidents?|precedents?|what helped|last time|(?:how|who) (?:did|was|were|have) \w+.{0,60}"
        r"(?:fix|fixed|solve|solved|resolve|resolved)|how (?:do|can|should|to|would) (?:we|i|you)? ?(?:fix|solve|resolve)|"
        r"runbooks?\b|\bmanuals?\b|what (?:does|do) the \w+ (?:say|tell)|what fixed|who (?:fixed|solved|resolved)|\b(?:seen|had|met|known) .{0,80}\bbefore\b|previous(?:ly)? (?:fixed|solved|resolved|incident)|known (?:fix|problem|issue)|ever (?:had|happened)",
    ),
    (
        Intent.PLANNING,
        rf"\bwhen (?:can|could|should|may|shall|is it (?:safe|best|ok|okay) to)\b.{{0,40}}\b{_DEED}\b|"
        rf"\b(?:best|right|good|quiet\w*|safest?) (?:time|moment|hours?|window|day)\b.{{0,40}}\b(?:{_DEED}|{_WORK}|maintenance)\b|"
        rf"\b(?:is|would) it (?:be )?(?:safe|ok|okay|fine|good|alright) (?:to|if (?:i|we))\b.{{0,40}}\b{_DEED}\b|"
        r"\b(?:next|best|maintenance|quiet|job|update) windows?\b|"
        rf"\b(?:how likely|likelihood|chances?|probability|how probable|how sure)\b.{{0,80}}\b{_WORK}\b|"
        rf"\bwill\b.{{0,30}}\b{_WORK}\b.{{0,60}}\b(?:succeed|work|go through)\b|{PLAN}|{SUITS}",
    ),
    (Intent.CHANGES, EFFECT),
    (
        Intent.JOBS,
        rf"\b(?:{'|'.join(pattern for _, _, pattern in DONE)})|\b(?:did|does|has|have|was|were|is|are)\b.{{0,40}}\b(?:restart|reboot|power[- ]?cycl)\w*\b.{{0,60}}(?:{HELPED})|"
        r"\bjobs?\b.{0,40}\b(?:pending|failed|completed|running|sent|unfinished)\b (?:vs|versus|compared to|against) (?:pending|failed|completed|running|sent|unfinished)\b",
    ),
    (
        Intent.COMPARISON,
        r"\bcompar\w+|\bversus\b|\bvs\b|differen(?:ce|ces|t) between|\b(?:worse|better|slower|faster|hotter|busier|more|fewer|less|higher|lower)\b.{0,60}\bthan (?!\d|(?:an?|one|two|three|four|five|few|half) )|(?:which|who) (?:site|device)?.{0,20}\b(?:worse|better)\b|\b(?:best|worst)(?:[- ]performing)? (?:sites?|stores?)\b|\bwhich (?:sites?|stores?) (?:has|have) (?:the )?(?:most|fewest|least) (?:problems|issues|troubles?)\b|"
        r"\b(?:which|what) (?:site|store|building)s? (?:is|are|does|has|have) (?:the |doing |performing |doing the )?(?:best|worst|healthiest|unhealthiest)\b|\bwhich\b.{0,40}\b(?:more|fewer|less|higher|lower|slower|faster|hotter|busier)\b(?! than)",
    ),
    (
        Intent.AT_RISK,
        r"\bat risk\b|\bunreliable\b|\b(?:should|must) (?:i|we) replace\b|(?:be|needs?|needing) replac(?:ed|ing)\b|\brisks?\b|\briski(?:er|est)\b|(?:likely|going|about|due) to (?:fail|break|die)|will (?:\w+ ){0,3}(?:fail|break|die)|may fail|"
        r"might fail|need\w* (?:an? |my |our |your |urgent |immediate )?(?:attention|maintenance|service|servicing|visit|technician|repairs?)|"
        rf"(?:look at|fix|do|see to|tackle) first|\breplac\w+ (?:any|some)|\bwhich\b.{{0,40}}\breplac|worr(?:y|ied|ying)|priorit|{COMES}|{WHEN}",
    ),
    (Intent.CHECKS, r"health[- ]?checks?|\bchecks? (?:fail|are failing|failed)|failing checks?|failed checks?"),
    (
        Intent.JOBS,
        rf"\bhow long\b.{{0,20}}\b(?:takes?|needs?|lasts?|runs?)\b.{{0,20}}\b{_WORK}\b|"
        rf"\bhow long\b.{{0,40}}\b{_WORK}\b.{{0,10}}\b(?:takes?|needs?|lasts?|runs?)\b|"
        rf"\bjobs?\b|\bdeployments?\b|\broll-?outs?\b|push(?:es)? (?:job|fail)|updates? (?:fail|succeed)|failed updates?|"
        r"\b(?:how many|all|any|the|which|were|of)(?: \w+)? (?:restarts|reboots)\b|"
        rf"\b(?:last|latest|newest|most recent)\b.{{0,20}}\b{_WORK}\b.{{0,20}}\b(?:run|ran|start\w*|happen\w*)\b|"
        r"\b[a-z]+_(?:logs?|update|app|cache|backup|diagnostics?)\b.{0,20}\b(?:done|finished|run|ran|fail\w*|complet\w*|worked)\b|"
        rf"\b{_WORK}\b.{{0,40}}\b{_OUTCOME}\b(?! in| than)|\b{_OUTCOME}\b (?:\w+ ){{0,2}}{_WORK}\b",
    ),
    (
        Intent.CHANGES,
        r"config\w*|\bchang(?:e|es|ed)\b|rolled[- ]?back|roll(?:ed)?[- ]?backs?|\breconfigured\b|"
        r"firmware (?:update|upgrade)|\b(?:old|previous|former) (?:value|setting)\b|\bsettings?\b",
    ),
    (
        Intent.METRICS,
        rf"(?:average|avg|mean|max\w*|min\w*|highest|lowest|peak|most|least|top \d+|current|how (?:much|high|hot|full|many)|"
        rf"what(?:'s| is| are| was| were)|latest|usage|utili[sz]ation|level|value|above|below|over|under|more than|less than|"
        rf"exceed\w*|greater than|at least|trend|>|<).{{0,60}}\b(?:{_METRIC_WORD})\b|"
        rf"\b(?:{_METRIC_WORD})\b.{{0,60}}(?:average|avg|mean|max\w*|min\w*|highest|lowest|peak|above|below|over|under|"
        r"more than|less than|exceed\w*|greater than|at least|usage|utili[sz]ation|level|value|reading|trend|>|<)|"
        r"\bhow (?:hot|warm|cold)\b|\b(?:hot|warm|cold|cool|full|busi)(?:t?est)\b|\b(?:slow|fast|quick)est\b",
    ),
    (Intent.INCIDENTS, r"\bincidents?\b"),
    (
        Intent.ALERTS,
        r"\bhow many\b(?!.*\b(?:jobs?|updates?|checks?|restarts?|reboots?|backups?|errors?|payments?)\b).{0,30}\b(?:failures|breakdowns|crashes)\b|"
        r"\balerts?\b|\balarms?\b|^(?!.*\b(?:errors|logged|logs?)\b).*\bwarnings\b|critical (?:issues?|problems?)|"
        r"\b(?:anything|something|what(?:'s| is)) (?:critical|urgent|severe)\b",
    ),
    (
        Intent.ERRORS,
        r"\berrors\b|\berror (?:logs?|messages?|codes?)|\bexceptions?\b|\blogged\b|\blogs?\b|\bmost error|"
        r"\b(?:newest|latest|last|most recent|first) error\b|\berror[- ]free\b|"
        r"\b(?:which|what|common\w*|frequent\w*|recurring|same|single|no|any|an?)(?: (?:critical|new|big|serious|other|severe|such|kind of))? error\b(?![- ]?rates?| state| status| condition)|"
        r"\berror (?:happens?|occurs?|appears?|shows? up|comes? up|categor\w+|types?)\b",
    ),
    (
        Intent.HISTORY,
        r"\bhistory\b|\b(?:anything|something|what|everything)(?: \w+)? (?:failed|fail|broke|break|went wrong|go wrong)\b|\btimeline\b|what happened|\b(?:did|has|have) (?:anything|something)\b.{0,20}\b(?:happen|occur|break|broke)\w*|"
        r"anything (?:happen\w*|new|interesting|to report)\b|what did (?:i|we) miss|what(?:'s| is| was| has been)? (?:going on|happening)|\bevents?\b|since when|"
        r"tell me (?:more |all |everything )?about|\bwhy\b|what(?:'s| is) wrong with|diagnos|root cause|what caused|when did",
    ),
    (
        Intent.ANOMALIES,
        rf"\b(?:high|excessive|elevated|too much|bad)\b.{{0,20}}\b(?:{_METRIC_WORD})\b|"
        r"\b(?:restart|reboot)\w* (?:all the time|constantly|again and again|(?:by )?(?:itself|themselves)|on (?:its|their) own|often|repeatedly)|\bkeeps? (?:on )?(?:restarting|rebooting|crashing)\b|anomal\w*|unusual\w*|abnormal\w*|overheat\w*|too hot|running (?:too |very )?(?:hot|warm|slow)|flapping|spik\w+|\bslow\w*|misbehav\w*|strange\w*|odd\w*|weird\w*|"
        r"\bproblems?\b|\bissues?\b|\bwrong\b|\btroubl\w*|suspicious|unstable|runaway|leak\w*|nearly full|almost full|filling|\b(?:internet|wi-?fi|network|broadband|line)\b.{0,30}\b(?:down|out|bad|ok|okay|gone|working|dead)\b|\bcomplain\w*|\bfail\w*\b|\bcrash\w*|\bfrozen\b|\bfreezes\b|\bcan not pay\b|\bpayments?\b",
    ),
    (
        Intent.STATUS,
        r"\bstatus\b|\bworst\b|\b(?:runs?|use[sd]?|have|has|with) (?:the )?\d+\.\d+\.\d+\b|\bgo(?:es|ing)? (?:off|down|away)\b|\bwent (?:off|down|away)\b|\bonline\b|\boffline\b|\bup\b|\bdown\b|\bstates?\b|\bhealth\w*\b|\bunhealthy\b|\bunwell\b|\bsilent\b|"
        r"connected|reachable|how many|list|which (?:devices|sites|terminals|sensors|gateways|tablets)|inventory|overview|"
        r"summar\w+|\bfleet\b|heartbeat|suspended|unpaired|inactive|maintenance|firmware|version|\bip\b|address|"
        r"operating system|\bos\b|where is|\buptime\b|\bavailability\b|out of service|retired|\bcheck(?:ed)? in\b|\bheard (?:of|from)\b|\bseen\b|"
        r"\b(?:readings?|telemetry|data) from\b|\b(?:no|any|without|missing) (?:readings?|telemetry|data)\b|what (?:devices|sites)|\btypes?\b|\bkinds?\b|how (?:is|are)|(?:show|give) (?:me )?(?:all|every)|\b(?:devices|terminals|tills|kiosks|sensors|gateways|tablets|printers|cameras|routers)\b|reporting|\bnot report(?:ed)?\b|never|\bbroken\b|\bfaulty\b|responding|working|alive|running",
    ),
)
_HOW_TO: Final = re.compile(r"\bhow (?:do|can|should|to|would)\b|\binstructions?\b|\bprocedures?\b|\bsteps\b")
"""Asks for knowledge, unless a rule knows better what it asks for."""
_OUT_OF_SCOPE: Final = re.compile(
    r"\bwho (?:manages|owns|runs|works|is responsible)\b|\bhow many (?:users|people|customers|employees|tenants|accounts|technicians)\b|\bwho (?:has |had |is |was )?(?:logged|signed|logging|signing) (?:in|on|into)\b|\bweather\b|\bpasswords?\b|"
    r"\b(?:devices?|terminals?|sensors?|gateways?|tablets?)\b.{0,30}\b(?:added|registered|enrolled|onboarded|bought)\b"
)
"""What nothing that is read can tell, though words of it sound like a question that can be answered."""
_COMPILED: Final = tuple((intent, re.compile(pattern)) for intent, pattern in _RULES)


def read_intent(text: str) -> Intent:
    """The first rule that fits ``text`` (lower case), from the most to the least specific."""
    found = next((intent for intent, pattern in _COMPILED if pattern.search(text)), Intent.UNKNOWN)
    return Intent.SIMILAR if found is Intent.UNKNOWN and _HOW_TO.search(text) else found


def out_of_scope(text: str) -> bool:
    """Whether ``text`` (lower case) asks for what is not known here, however it sounds."""
    return bool(_OUT_OF_SCOPE.search(text))
