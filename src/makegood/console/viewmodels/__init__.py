"""What the console's templates receive: plain frozen data, filled by views from queries, never model instances.

Every page is rendered with two names: `shell` (a `Shell`: who is looking, from where, at what moment) and `page` (the
page's own class). Times are timezone-aware datetimes and amounts are `Money`; templates write both for the reader.
Addresses come from the view, so that no template knows a route. A `Form` carries what was typed and what was wrong
with it, so the same template shows the empty, the filled and the refused form.
"""

from makegood.console.viewmodels.forms import Choice, Field, Form
from makegood.console.viewmodels.learning import (
    CauseNode,
    CausesPage,
    Chart,
    Figure,
    ImprovementRow,
    InsightsPage,
    InsightsSection,
    Point,
    Series,
)
from makegood.console.viewmodels.ledger import (
    CustomerPage,
    CustomerRow,
    CustomersPage,
    IncidentPage,
    IncidentRow,
    IncidentsPage,
    PayoutsPage,
    PromisePage,
    PromiseRow,
    PromisesPage,
    PurchaseRow,
)
from makegood.console.viewmodels.recovery import (
    CauseChooser,
    ClosePanel,
    CustomerCard,
    Exchange,
    Finding,
    FollowUpRow,
    GivenRow,
    Giving,
    MessageDraft,
    MissingItem,
    NextAction,
    OfferCard,
    OwedCard,
    PauseClock,
    RecoveryPage,
    StepCard,
    WhyPage,
)
from makegood.console.viewmodels.settings import (
    ConfirmPage,
    ErrorPage,
    FormPage,
    InboxMessage,
    InboxPage,
    SettingsPage,
    SettingsSection,
    SetUpPage,
    SetUpStep,
    SignInPage,
    Table,
    TableRow,
)
from makegood.console.viewmodels.shell import (
    Action,
    ClockFace,
    Empty,
    Fact,
    Link,
    Notice,
    Pager,
    Reader,
    ReasonLine,
    Shell,
    StepMark,
    Tag,
    TimelineEntry,
)
from makegood.console.viewmodels.today import (
    FailedMail,
    NoticeRow,
    NoticesPage,
    Proposal,
    RecoveriesPage,
    RecoveryRow,
    SignalRow,
    TodayPage,
)

__all__ = [
    "Action", "CauseChooser", "CauseNode", "CausesPage", "Chart", "Choice", "ClockFace", "ClosePanel", "ConfirmPage",
    "CustomerCard", "CustomerPage", "CustomerRow", "CustomersPage", "Empty", "ErrorPage", "Exchange", "Fact",
    "FailedMail", "Field", "Figure", "Finding", "FollowUpRow", "Form", "FormPage", "GivenRow", "Giving",
    "ImprovementRow", "InboxMessage", "InboxPage", "IncidentPage", "IncidentRow", "IncidentsPage", "InsightsPage",
    "InsightsSection", "Link", "MessageDraft", "MissingItem", "NextAction", "Notice", "NoticeRow", "NoticesPage",
    "OfferCard", "OwedCard", "Pager", "PauseClock", "PayoutsPage", "Point", "PromisePage", "PromiseRow",
    "PromisesPage", "Proposal", "PurchaseRow", "Reader", "ReasonLine", "RecoveriesPage", "RecoveryPage", "RecoveryRow",
    "Series", "SetUpPage", "SetUpStep", "SettingsPage", "SettingsSection", "Shell", "SignInPage", "SignalRow",
    "StepCard", "StepMark", "Table", "TableRow", "Tag", "TimelineEntry", "TodayPage", "WhyPage",
]  # fmt: skip
