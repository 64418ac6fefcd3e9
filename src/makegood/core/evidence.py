"""The evidence register: what research, law and practice found, and how good each finding is.

Grades: A field experiment, transactional panel or meta-analysis; B one peer-reviewed study; C industry survey or
practice; L law, regulator or published standard; M general knowledge, not verified.
"""

from __future__ import annotations

import attrs

GRADE_MEANS = {
    "A": "field experiment, purchase records or meta-analysis",
    "B": "one peer-reviewed study",
    "C": "industry survey or practice",
    "L": "law, regulator or published standard",
    "M": "general knowledge, not verified",
}


@attrs.frozen
class Finding:
    """One finding: its grade, what was found in one sentence, and who found it."""

    grade: str
    found: str
    source: str


REGISTER: dict[str, Finding] = {
    "J1": Finding(
        "A",
        "What the customer gets and how they are treated drive satisfaction; weights differ "
        "so much between studies that none may be fixed.",
        "Orsingher et al. 2010, 60 studies",
    ),
    "J2": Finding(
        "A",
        "Lasting satisfaction, which drives loyalty, depends slightly more on treatment than on what was given.",
        "Gelbrich & Roschk 2011",
    ),
    "J5": Finding(
        "B", "Customers prefer a remedy that matches the kind and size of the failure.", "Smith, Bolton & Wagner 1999"
    ),
    "J6": Finding("B", "Attentiveness is the most important part of a response.", "Davidow 2000, 2003"),
    "C1": Finding(
        "A",
        "A remedy works best when it repays in kind: money for money, exchange for goods, the service "
        "again for service, a personal apology for lack of attention.",
        "Roschk & Gelbrich 2014",
    ),
    "C2": Finding(
        "A",
        "Matching the remedy to the cause keeps most customers; where nothing matches, store credit "
        "is the best fallback.",
        "Stakhovych & Tamaddoni 2020",
    ),
    "C5": Finding(
        "A",
        "A coupon after a slow response loses more customers than the slow response alone.",
        "grocery loyalty-card data",
    ),
    "C6": Finding(
        "B",
        "Compensation changes whether customers buy again only where the firm is at fault.",
        "Grewal, Roggeveen & Tsiros 2008",
    ),
    "C7": Finding("B", "Compensation cannot repair a slow and silent process.", "Wirtz & Mattila 2004"),
    "A1": Finding(
        "B",
        "If the service was rejected, 60-120 % of the price matters most; if it was kept, the first "
        "part of the amount does.",
        "Gelbrich et al. 2015",
    ),
    "A2": Finding(
        "B", "Beyond about 150 % of the price more compensation stops helping, then hurts.", "Haesevoets et al. 2017"
    ),
    "A3": Finding(
        "B",
        "In a hotel, about 80 % of the price made guests as satisfied as an error-free stay.",
        "Edström et al. 2022",
    ),
    "A6": Finding("B", "When all know that all get the same, returns diminish earlier.", "Albrecht et al. 2019"),
    "P1": Finding(
        "A",
        "Repeated apologies, and apologies that promise to do better, can be worse than silence.",
        "Uber, 1.5 million riders",
    ),
    "P2": Finding(
        "A",
        "An apology for a lateness that may not have been noticed lowered satisfaction, reorders and spending.",
        "Jenkins, Fombelle & Steffel, 5-month field experiment",
    ),
    "P3": Finding("B", "A mass apology to people who were not affected lowers their intention to buy.", "Wardley 2015"),
    "P4": Finding(
        "B",
        "Empathy matters more than intensity, and intensity more than timing; a late apology lowers satisfaction.",
        "Roschk & Kaiser 2013",
    ),
    "P5": Finding(
        "B",
        "Taking responsibility is the most important element of an apology, the offer of repair the "
        "second; asking for forgiveness is the least.",
        "Lewicki et al. 2016, n = 755",
    ),
    "P6": Finding(
        "A",
        "Apology fades fastest, compensation is moderate, improving quality lasts longest.",
        "Fang, Luo & Jiang 2013",
    ),
    "P8": Finding("C", "Apologies cannot be scripted.", "Disney Institute 2013"),
    "P9": Finding(
        "L",
        "Whether an apology admits liability depends on the jurisdiction.",
        "Compensation Act 2006 s.2; NSW Civil Liability Act s.69",
    ),
    "P10": Finding(
        "B", "After a quick recovery explain the outcome, after a slow one the process.", "secondary source"
    ),
    "T1": Finding(
        "B",
        "First-time customers have no zone of tolerance; status updates or an explanation help, both "
        "together backfire.",
        "Hogreve, Bilstein & Mandl 2017",
    ),
    "T2": Finding(
        "C", "More customers stay when a problem is resolved quickly than when it is merely resolved.", "TARP"
    ),
    "T3": Finding(
        "C", "On social media, minutes to the first reply change what customers would pay.", "Twitter study of airlines"
    ),
    "R1": Finding("A", "Credit offered unasked to riders who had waited long was profitable.", "Cohen et al. 2022"),
    "R2": Finding(
        "A",
        "Selling inside a service contact, or an intrusive channel, undoes its benefit.",
        "Becker, Spann & Barrot 2020",
    ),
    "R7": Finding("L", "Law now asks for money without a claim.", "Ofcom, US DOT, LNER"),
    "D1": Finding(
        "A",
        "A good recovery can please once, not twice; similar and close failures weaken it.",
        "Maxham & Netemeyer 2002",
    ),
    "D2": Finding(
        "A",
        "A complaint raises the chance of leaving; earlier purchases buffer it, earlier complaints "
        "add to it, for a short time.",
        "Knox & van Oest 2014",
    ),
    "D3": Finding(
        "B",
        "After a failed recovery, changing the process or compensating rebuilds trust equally.",
        "double-deviation study",
    ),
    "V1": Finding(
        "B", "Unequal treatment is particularly upsetting where a company apologises.", "Rosenzweig & Critcher"
    ),
    "V3": Finding(
        "B",
        "New customers are the most fragile; ranking by value alone starves them.",
        "Knox & van Oest 2014; Hogreve et al. 2017",
    ),
    "V5": Finding(
        "C", "Tiers by a published rule are accepted practice.", "a hotel company's guarantee to best guests"
    ),
    "BG/NBD": Finding(
        "A",
        "How often customers bought, and how long ago the last time was, foretells how often they buy again.",
        "Fader, Hardie & Lee 2005, purchase records of 2,357 customers",
    ),
    "Gamma-gamma": Finding(
        "A",
        "What customers spend on a purchase lies between their own average and everybody's, the nearer to their own "
        "the more often they bought.",
        "Fader, Hardie & Lee 2005, RFM and CLV",
    ),
    "O1": Finding("B", "Unfair treatment increases opportunistic claims.", "Wirtz & McColl-Kennedy 2010"),
    "O6": Finding("C", "Refunds are paid twice where a chargeback is not looked for.", "vendor report"),
    "G1": Finding(
        "A",
        "Clear guidelines improve complaint handling more than culture alone; the two complement each other.",
        "Homburg & Fürst 2005",
    ),
    "G2": Finding("B", "Recovery means the customer, the process and the employee.", "Michel, Bowen & Johnston 2009"),
    "1.6": Finding(
        "M",
        "Contact unasked where money or a right is owed, the customer must act or will certainly "
        "notice, or has made contact; otherwise log and fix without an apology.",
        "inference from R1, R2, R7 and P2",
    ),
    "1.8": Finding(
        "C",
        "One tangible and one non-monetary remedy together doubled satisfaction, 37 to 73 %.",
        "Customer Rage Study 2015",
    ),
    "1.9": Finding(
        "C",
        "Benefit starts at a score of 4, break-even is at 6; most badly served customers say nothing.",
        "Temkin 2014, 2016",
    ),
    "1.10": Finding("A", "The recovery paradox holds for satisfaction, not for repurchase.", "de Matos et al. 2007"),
    "1.14": Finding(
        "C",
        "After a big loss 9 % of the silent, 54 % of the satisfied and 82 % of the quickly satisfied buy again; after "
        "a small one 37, 70 and 95 %.",
        "TARP",
    ),
    "2.3": Finding(
        "L",
        "Legal floors are numbers with effective dates, owed without a claim.",
        "EU261, UK261, US DOT, Ofcom, Delay Repay",
    ),
    "2.4": Finding(
        "C",
        "Hear the whole story uninterrupted; then empathise, apologise, resolve, and look at the process, not guilt.",
        "Disney's HEARD, and company practice like it",
    ),
    "2.5": Finding("C", "A fix is verified against a criterion set before it starts.", "CAPA practice"),
    "4": Finding(
        "C",
        "Clocks that ignore hours, pauses or changes are the largest complaint of helpdesk users.",
        "issue trackers of ten helpdesks",
    ),
    "5": Finding("M", "Twenty-four hours is a policy, not a finding: no study was located.", "own search"),
    "6.1": Finding("C", "Which events are failures, and what each calls for by default.", "detector catalogue"),
    "6.2": Finding("A", "Which remedy matches which loss.", "after Roschk & Gelbrich 2014"),
    "6.4": Finding(
        "M",
        "Whether extras help is measured against a small share held out by lot: of extras only, never of a fix, an "
        "apology that is due, or what is owed by law.",
        "inference from 1.14's guard-rails and V1",
    ),
    "8.7": Finding(
        "C",
        "A published guarantee is owed by what happened, not by the customer's asking: staff forget it.",
        "guests of a hotel company with such a guarantee",
    ),
}

GRADES: dict[str, str] = {name: finding.grade for name, finding in REGISTER.items()}
