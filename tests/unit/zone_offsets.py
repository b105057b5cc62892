"""Prints what Python's zoneinfo says about time zones, for zone.c to compare with.

Z NAME        the lines below are of this zone
U UTC OFFSET  seconds since 1970, seconds east
L LOCAL UTC   a wall-clock time (fold=0) in seconds since 1970-01-01T00:00 local, and its moment

Zones come from the command line, else those below: each is there for an oddity of its own.
"""
import datetime
import sys
import zoneinfo

ZONES = """America/New_York Europe/Berlin Asia/Kolkata Australia/Lord_Howe America/Sao_Paulo
Africa/Casablanca Pacific/Apia Asia/Tehran Antarctica/Troll Europe/Dublin America/Nuuk
America/Godthab Asia/Gaza Africa/Monrovia America/Scoresbysund Pacific/Chatham Africa/Cairo
Etc/GMT+12 UTC""".split()

EPOCH = datetime.datetime(1970, 1, 1)
UTC_EPOCH = EPOCH.replace(tzinfo=datetime.timezone.utc)
SECOND = datetime.timedelta(seconds=1)
FIRST = (datetime.datetime(1900, 1, 1) - EPOCH) // SECOND
LAST = (datetime.datetime(2100, 1, 1) - EPOCH) // SECOND
STEP = 5 * 86400 + 3607  # drifts through the hours of the day


def offset(zone, utc):
    moment = (UTC_EPOCH + utc * SECOND).astimezone(zone)
    return moment.utcoffset() // SECOND


def local_to_utc(zone, local):
    wall = (EPOCH + local * SECOND).replace(tzinfo=zone)
    return local - wall.utcoffset() // SECOND


def change_between(zone, low, high):
    """The first second that has the offset of `high`."""
    before = offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def around_change(zone, at):
    before, after = offset(zone, at - 1), offset(zone, at)
    yield f"U {at - 1} {before}"
    yield f"U {at} {after}"
    for wall in (at + before, at + after):
        for aside in (-3601, -1801, -1, 0, 1, 1799, 3599):
            yield f"L {wall + aside} {local_to_utc(zone, wall + aside)}"


def lines(name):
    zone = zoneinfo.ZoneInfo(name)
    yield f"Z {name}"
    last = None
    for utc in range(FIRST, LAST, STEP):
        now = offset(zone, utc)
        yield f"U {utc} {now}"
        yield f"L {utc} {local_to_utc(zone, utc)}"
        if last is not None and now != last:
            yield from around_change(zone, change_between(zone, utc - STEP, utc))
        last = now


for zone_name in sys.argv[1:] or ZONES:
    sys.stdout.write("\n".join(lines(zone_name)) + "\n")
