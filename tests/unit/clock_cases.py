"""Deadlines worked out by hand: name, start, minutes, calendars, pauses, due. The comment above a row is its sum.

Weekdays: 2026-01-02 and 2026-12-25 are Fridays. Clocks: Berlin springs on 2026-03-29 02:00 and falls back on
2026-10-25 03:00; New York on 2026-03-08 02:00 and 2026-11-01 02:00; São Paulo fell back on 2018-02-18 00:00 and sprang
on 2018-11-04 00:00; Beirut springs on 2026-03-29 00:00 and falls back on 2026-10-25 00:00; Lord Howe, by half an hour,
falls back on 2026-04-05 02:00 and springs on 2026-10-04 02:00; Apia had no 2011-12-30.
"""

from __future__ import annotations

from datetime import datetime

from makegood.core.calendars import Calendar, CalendarVersion

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WORKDAYS, "sat", "sun")


def hours(zone: str, days: tuple[str, ...], *spans: list[str], holidays: tuple[str, ...] = ()) -> Calendar:
    """This function will make a calendar with the same spans on each of the days."""
    weekly = {day: list(spans) for day in days}
    return Calendar.from_data({"zone": zone, "weekly": weekly, "holidays": list(holidays)})


def weekend_night(zone: str, *holidays: str) -> Calendar:
    """This function will make a calendar of Saturday 20:00 to Sunday 04:00."""
    weekly = {"sat": [["20:00", "24:00"]], "sun": [["00:00", "04:00"]]}
    return Calendar.from_data({"zone": zone, "weekly": weekly, "holidays": list(holidays)})


def since(*versions: tuple[str | None, Calendar]) -> tuple[CalendarVersion, ...]:
    """This function will make the versions of a calendar."""
    return tuple(CalendarVersion(active_from=at and datetime.fromisoformat(at), calendar=c) for at, c in versions)


OFFICE = hours("Europe/Berlin", WORKDAYS, ["09:00", "17:00"])
SHORT = hours("Europe/Berlin", WORKDAYS, ["09:00", "13:00"])
SPLIT = hours("Europe/Berlin", WORKDAYS, ["09:00", "12:00"], ["13:00", "17:00"], holidays=("2026-12-25", "2027-01-01"))
NIGHT = hours("Europe/Berlin", EVERY_DAY, ["00:00", "06:00"], ["22:00", "24:00"])
ROUND_THE_CLOCK = hours("Europe/Berlin", EVERY_DAY, ["00:00", "24:00"])
FRIDAY_EVENING = hours("Europe/Berlin", ("fri",), ["18:00", "24:00"])
BAKERY = hours("Europe/Berlin", ("sun",), ["02:30", "05:00"])
NEW_YORK = hours("America/New_York", WORKDAYS, ["09:00", "17:00"])
KOLKATA = hours("Asia/Kolkata", WORKDAYS, ["09:00", "17:00"])
KATHMANDU = hours("Asia/Kathmandu", ("sun", *WORKDAYS), ["10:00", "17:00"])
APIA = hours("Pacific/Apia", WORKDAYS, ["09:00", "17:00"])

MON_10 = "2026-01-05T10:00+01:00"


def mon(begin: str, end: str | None) -> tuple[str, str | None]:
    """This function will make a pause on Monday 2026-01-05 in Berlin."""
    return f"2026-01-05T{begin}+01:00", end and f"2026-01-05T{end}+01:00"


# fmt: off
CASES = [
    # no calendar: 16:30 + 1 h
    ("every minute counts", "2026-01-02T16:30+01:00", 60, None, [], "2026-01-02T17:30+01:00"),
    # nothing to use: due at once
    ("no minutes", "2026-01-02T16:30+01:00", 0, None, [], "2026-01-02T16:30+01:00"),
    # 30 min to midnight, 30 after
    ("year change", "2026-12-31T23:30Z", 60, None, [], "2027-01-01T00:30Z"),
    # 2028 has a 29 February
    ("leap day", "2028-02-28T12:00Z", 1440, None, [], "2028-02-29T12:00Z"),
    # seconds and their parts are kept
    ("seconds kept", "2026-01-02T16:30:15.5Z", 1, None, [], "2026-01-02T16:31:15.5Z"),
    # 01:30 Berlin + a real hour is 03:30, since 02:00-03:00 is skipped
    ("no calendar knows no clock change", "2026-03-29T01:30+01:00", 60, None, [], "2026-03-29T03:30+02:00"),
    # 30 min on Friday to 17:00, 30 on Monday from 9:00
    ("Friday 16:30 and an hour", "2026-01-02T16:30+01:00", 60, OFFICE, [], "2026-01-05T09:30+01:00"),
    # the 30th minute ends at 17:00 on Friday, not at 9:00 on Monday
    ("to the end of the day", "2026-01-02T16:30+01:00", 30, OFFICE, [], "2026-01-02T17:00+01:00"),
    # 30 on Friday, 1 on Monday
    ("a minute past the day", "2026-01-02T16:30+01:00", 31, OFFICE, [], "2026-01-05T09:01+01:00"),
    # 17:00 is outside: all on Monday
    ("start at closing", "2026-01-02T17:00+01:00", 1, OFFICE, [], "2026-01-05T09:01+01:00"),
    # 07:00 waits for 09:00
    ("start before opening", "2026-01-05T07:00+01:00", 60, OFFICE, [], "2026-01-05T10:00+01:00"),
    # Saturday waits for Monday 09:00
    ("start on a closed day", "2026-01-03T12:00+01:00", 60, OFFICE, [], "2026-01-05T10:00+01:00"),
    # nothing to use: due at once, even on a Saturday
    ("no minutes on a closed day", "2026-01-03T12:00+01:00", 0, OFFICE, [], "2026-01-03T12:00+01:00"),
    # 9-17 is 480
    ("a whole day", "2026-01-05T09:00+01:00", 480, OFFICE, [], "2026-01-05T17:00+01:00"),
    # 480 on Monday, 1 on Tuesday
    ("a whole day and a minute", "2026-01-05T09:00+01:00", 481, OFFICE, [], "2026-01-06T09:01+01:00"),
    # 24 h are three days of 8
    ("24 hours", "2026-01-05T09:00+01:00", 1440, OFFICE, [], "2026-01-07T17:00+01:00"),
    # 2,400 are five days of 8, Monday to Friday
    ("a whole week", "2026-01-05T09:00+01:00", 2400, OFFICE, [], "2026-01-09T17:00+01:00"),
    # 52 weeks of 2,400 from a Monday end on the Friday of the 52nd week: 4 January 2027 less 3 days
    ("52 weeks", "2026-01-05T09:00+01:00", 124_800, OFFICE, [], "2027-01-01T17:00+01:00"),
    # 15:30 UTC is 16:30 in Berlin
    ("start in UTC", "2026-01-02T15:30Z", 60, OFFICE, [], "2026-01-05T09:30+01:00"),
    # 10:30 in New York is 16:30 in Berlin
    ("start in another offset", "2026-01-02T10:30-05:00", 60, OFFICE, [], "2026-01-05T09:30+01:00"),
    # half a minute on Friday, half on Monday
    ("half a minute", "2026-01-02T16:59:30+01:00", 1, OFFICE, [], "2026-01-05T09:00:30+01:00"),
    # Mon 28 Feb 16-17, Tue 29 Feb 9-10
    ("office on a leap day", "2028-02-28T16:00+01:00", 120, OFFICE, [], "2028-02-29T10:00+01:00"),
    # 30 before lunch, 30 from 13:00
    ("over lunch", "2026-01-05T11:30+01:00", 60, SPLIT, [], "2026-01-05T13:30+01:00"),
    # lunch does not count: 30 from 13:00
    ("start in lunch", "2026-01-05T12:15+01:00", 30, SPLIT, [], "2026-01-05T13:30+01:00"),
    # the last of the 30 ends at 12:00, not at 13:00
    ("to the lunch", "2026-01-05T11:30+01:00", 30, SPLIT, [], "2026-01-05T12:00+01:00"),
    # 180 + 240 are the day
    ("both spans", "2026-01-05T09:00+01:00", 420, SPLIT, [], "2026-01-05T17:00+01:00"),
    # 30 on Thursday; Friday 25 is a holiday, then the weekend; 30 on Monday 28
    ("over a holiday", "2026-12-24T16:30+01:00", 60, SPLIT, [], "2026-12-28T09:30+01:00"),
    # nothing on Friday 25; Monday 9-10
    ("start on a holiday", "2026-12-25T10:00+01:00", 60, SPLIT, [], "2026-12-28T10:00+01:00"),
    # 60 on Thursday 31; Friday 1 January is a holiday; 60 on Monday 4
    ("holiday at the year change", "2026-12-31T16:00+01:00", 120, SPLIT, [], "2027-01-04T10:00+01:00"),
    # 23-24 and 0-1
    ("over midnight", "2026-01-05T23:00+01:00", 120, NIGHT, [], "2026-01-06T01:00+01:00"),
    # 23-24
    ("to 24:00", "2026-01-05T23:00+01:00", 60, NIGHT, [], "2026-01-06T00:00+01:00"),
    # 05:30-06:00 and 22:00-22:30
    ("from morning to night", "2026-01-05T05:30+01:00", 60, NIGHT, [], "2026-01-05T22:30+01:00"),
    # 30 to 24:00 on Friday 2, 30 on Friday 9 from 18:00
    ("24:00 and closed after", "2026-01-02T23:30+01:00", 60, FRIDAY_EVENING, [], "2026-01-09T18:30+01:00"),
    # Berlin falls back: 23-24 is 60, 0-6 lasts 7 hours = 420
    ("long night", "2026-10-24T23:00+02:00", 480, NIGHT, [], "2026-10-25T06:00+01:00"),
    # 01:30 + 60 is 02:30 the first time
    ("first 02:30", "2026-10-25T01:30+02:00", 60, NIGHT, [], "2026-10-25T02:30+02:00"),
    # 01:30 + 120 is 02:30 the second time
    ("second 02:30", "2026-10-25T01:30+02:00", 120, NIGHT, [], "2026-10-25T02:30+01:00"),
    # the second 02:30 + 60
    ("start at the second 02:30", "2026-10-25T02:30+01:00", 60, NIGHT, [], "2026-10-25T03:30+01:00"),
    # 30 on Friday in summer time, 30 on Monday in winter time
    ("office, clocks back", "2026-10-23T16:30+02:00", 60, OFFICE, [], "2026-10-26T09:30+01:00"),
    # 30 on Friday in winter time, 30 on Monday in summer time
    ("office, clocks forward", "2026-03-27T16:30+01:00", 60, OFFICE, [], "2026-03-30T09:30+02:00"),
    # 02:30-03:00 the first time is 30, 02:30-05:00 the second time 150
    ("a span from within the hour that is twice", "2026-10-25T00:00+02:00", 180, BAKERY, [], "2026-10-25T05:00+01:00"),
    # 30 the first time; 02:00-02:30 the second time is before opening; 1 from the second 02:30
    ("closed between the two", "2026-10-25T00:00+02:00", 31, BAKERY, [], "2026-10-25T02:31+01:00"),
    # 02:30-03:00 does not happen: opens at 03:00
    ("a span from within the hour that is not", "2026-03-29T00:00+01:00", 60, BAKERY, [], "2026-03-29T04:00+02:00"),
    # 23-24 is 60, 0-2 is 120, 3-6 is 180
    ("short night", "2026-03-28T23:00+01:00", 360, NIGHT, [], "2026-03-29T06:00+02:00"),
    # 30 to 02:00, which is 03:00, and 30
    ("over the gap", "2026-03-29T01:30+01:00", 60, NIGHT, [], "2026-03-29T03:30+02:00"),
    # the day has 23 hours
    ("24 h, clocks forward", "2026-03-28T12:00+01:00", 1440, ROUND_THE_CLOCK, [], "2026-03-29T13:00+02:00"),
    # the day has 25 hours
    ("24 h, clocks back", "2026-10-24T12:00+02:00", 1440, ROUND_THE_CLOCK, [], "2026-10-25T11:00+01:00"),
    # 23-24 is 60, 0-2 is 120, and 02:00 is 03:00
    ("New York, clocks forward", "2026-03-07T23:00-05:00", 180, weekend_night("America/New_York"), [], "2026-03-08T03:00-04:00"),
    # 23-24 is 60, 0-2 is 120, 1-2 again is 60
    ("New York, clocks back", "2026-10-31T23:00-04:00", 240, weekend_night("America/New_York"), [], "2026-11-01T02:00-05:00"),
    # 22-24 is 120, then 23-24 of the same Saturday again is 60
    ("São Paulo, midnight back", "2018-02-17T22:00-02:00", 180, weekend_night("America/Sao_Paulo"), [], "2018-02-18T00:00-03:00"),
    # 23-24 is 60, Sunday begins at 01:00: 60 to 02:00
    ("São Paulo, midnight forward", "2018-11-03T23:00-03:00", 120, weekend_night("America/Sao_Paulo"), [], "2018-11-04T02:00-02:00"),
    # 30 + 60 of Saturday, whose last hour comes twice; Sunday is a holiday; 1 on the next Saturday from 20:00
    ("the hour back is the day before the holiday", "2018-02-17T23:30-02:00", 91, weekend_night("America/Sao_Paulo", "2018-02-18"), [], "2018-02-24T20:01-03:00"),
    # 22:30-24:00 is 90, 23-24 again is 60
    ("Beirut, midnight back", "2026-10-24T22:30+03:00", 150, weekend_night("Asia/Beirut"), [], "2026-10-25T00:00+02:00"),
    # 30 to midnight, which is 01:00, and 30
    ("Beirut, midnight forward", "2026-03-28T23:30+02:00", 60, weekend_night("Asia/Beirut"), [], "2026-03-29T01:30+03:00"),
    # 11:00 UTC is 16:30 in Kolkata: 30 on Friday, 30 on Monday
    ("Kolkata, +5:30", "2026-01-02T11:00Z", 60, KOLKATA, [], "2026-01-05T09:30+05:30"),
    # 15 on Friday, Saturday closed, 15 on Sunday from 10:00
    ("Kathmandu, +5:45", "2026-01-02T16:45+05:45", 30, KATHMANDU, [], "2026-01-04T10:15+05:45"),
    # 0-2 is 120, then from 01:30 again 60
    ("Lord Howe, half an hour back", "2026-04-05T00:00+11:00", 180, weekend_night("Australia/Lord_Howe"), [], "2026-04-05T02:30+10:30"),
    # 30 to 02:00, which is 02:30, and 30
    ("Lord Howe, half an hour forward", "2026-10-04T01:30+10:30", 60, weekend_night("Australia/Lord_Howe"), [], "2026-10-04T03:00+11:00"),
    # 30 on Thursday; Friday does not happen, the weekend is closed; 30 on Monday
    ("Apia, a day that is not", "2011-12-29T16:30-10:00", 60, APIA, [], "2012-01-02T09:30+14:00"),
    # 10:00-10:30, then 11:30-12:00
    ("pause", MON_10, 60, OFFICE, [mon("10:30", "11:30")], "2026-01-05T12:00+01:00"),
    # nothing would have counted in it
    ("pause outside hours", "2026-01-02T16:30+01:00", 60, OFFICE, [("2026-01-02T18:00+01:00", "2026-01-04T18:00+01:00")], "2026-01-05T09:30+01:00"),
    # 10:30-12:00 in all: 30 before, 30 after
    ("overlapping pauses", MON_10, 60, OFFICE, [mon("10:30", "11:30"), mon("11:00", "12:00")], "2026-01-05T12:30+01:00"),
    # 10:30-12:30 in all
    ("a pause within a pause", MON_10, 60, OFFICE, [mon("11:00", "11:30"), mon("10:30", "12:30")], "2026-01-05T13:00+01:00"),
    # 10:15-11:15
    ("pause from before the start", MON_10, 60, OFFICE, [mon("09:00", "10:15")], "2026-01-05T11:15+01:00"),
    # over when the clock starts
    ("pause before the start", MON_10, 60, OFFICE, [mon("08:00", "10:00")], "2026-01-05T11:00+01:00"),
    # used up just when it begins
    ("pause from the deadline on", MON_10, 60, OFFICE, [mon("11:00", "12:00")], "2026-01-05T11:00+01:00"),
    # 10:30-11:30
    ("pause at the start", MON_10, 60, OFFICE, [mon("10:00", "10:30")], "2026-01-05T11:30+01:00"),
    # 16:30-16:45 is 15, Monday 09:15-10:00 is 45
    ("pause over a weekend", "2026-01-02T16:30+01:00", 60, OFFICE, [("2026-01-02T16:45+01:00", "2026-01-05T09:15+01:00")], "2026-01-05T10:00+01:00"),
    # it lasts no time
    ("empty pause", MON_10, 60, OFFICE, [mon("10:30", "10:30")], "2026-01-05T11:00+01:00"),
    # 30 used, 30 left, no end known
    ("open pause", MON_10, 60, OFFICE, [mon("10:30", None)], None),
    # 30 used, the closed pause runs into the open one
    ("closed pause into an open one", MON_10, 60, OFFICE, [mon("10:30", "11:30"), mon("11:00", None)], None),
    # all used just when it begins
    ("open pause from the deadline on", MON_10, 60, OFFICE, [mon("11:00", None)], "2026-01-05T11:00+01:00"),
    # nothing can be used
    ("open pause from before the start", MON_10, 60, OFFICE, [mon("09:00", None)], None),
    # nothing to use, so no pause stands in the way
    ("no minutes in a pause", MON_10, 0, OFFICE, [mon("09:00", None)], "2026-01-05T10:00+01:00"),
    # 10:00-10:30, 10:45-11:15
    ("pause without a calendar", "2026-01-05T10:00Z", 60, None, [("2026-01-05T10:30Z", "2026-01-05T10:45Z")], "2026-01-05T11:15Z"),
    # from the first to the second 02:00 is an hour: 30 before, 90 from the second 02:00
    ("pause over the hour that is twice", "2026-10-25T01:30+02:00", 120, NIGHT, [("2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00")], "2026-10-25T03:30+01:00"),
    # 60 on Tuesday by the old hours, 60 on Wednesday by the new
    ("new hours overnight", "2026-01-06T16:00+01:00", 120, since((None, OFFICE), ("2026-01-07T00:00+01:00", SHORT)), [], "2026-01-07T10:00+01:00"),
    # 10-14 is 240 and stays used, though the new hours end at 13:00; 60 on Thursday
    ("time used stays used", "2026-01-07T10:00+01:00", 300, since((None, OFFICE), ("2026-01-07T14:00+01:00", SHORT)), [], "2026-01-08T10:00+01:00"),
    # 30 on Friday to 17:00, 30 from 20:00, when every minute begins to count
    ("longer hours", "2026-01-02T16:30+01:00", 60, since((None, OFFICE), ("2026-01-02T20:00+01:00", ROUND_THE_CLOCK)), [], "2026-01-02T20:30+01:00"),
    # due before the change
    ("new hours after the deadline", MON_10, 60, since((None, OFFICE), ("2026-01-05T11:00+01:00", SHORT)), [], "2026-01-05T11:00+01:00"),
    # 11-12 in Berlin is 60; New York opens at 15:00 Berlin time
    ("moved to another zone", "2026-01-05T11:00+01:00", 120, since((None, OFFICE), ("2026-01-05T12:00+01:00", NEW_YORK)), [], "2026-01-05T10:00-05:00"),
    # no calendar before Monday 00:00, so 30 on Sunday; 30 from 09:00
    ("first calendar ever", "2026-01-04T23:30+01:00", 60, since(("2026-01-05T00:00+01:00", OFFICE)), [], "2026-01-05T09:30+01:00"),
    # the later of the two holds: 60 on Monday 12-13, none after 13:00, 60 on Tuesday
    ("two versions at one moment", "2026-01-05T12:00+01:00", 120, since((None, OFFICE), ("2026-01-01T00:00Z", ROUND_THE_CLOCK), ("2026-01-01T00:00Z", SHORT)), [], "2026-01-06T10:00+01:00"),
    # Mon 16-17 is 60, Tue and Wed 9-13 are 480, Thu 9-10 is 60
    ("there and back", "2026-01-05T16:00+01:00", 600, since((None, OFFICE), ("2026-01-06T00:00+01:00", SHORT), ("2026-01-08T00:00+01:00", OFFICE)), [], "2026-01-08T10:00+01:00"),
    # Mon 16-17 is 60; Tue 9-13 by the new hours less the pause 10-11 is 180
    ("new hours and a pause", "2026-01-05T16:00+01:00", 240, since((None, OFFICE), ("2026-01-06T00:00+01:00", SHORT)), [("2026-01-06T10:00+01:00", "2026-01-06T11:00+01:00")], "2026-01-06T13:00+01:00"),
]
# fmt: on
