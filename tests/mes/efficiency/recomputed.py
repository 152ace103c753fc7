"""A second implementation of the figures: reads the raw data of a report and nothing of the program.

Written from the formulas of the handbook alone, with pandas; `python -m tests.mes.efficiency.recomputed proof.xlsx`
prints what it finds beside what the report says.
"""

import hashlib
import random
import sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd

SHARES = ("M3", "M4", "M5")


def read(path):
    """Return the sheets as frames of text; an empty cell is empty text."""
    return {
        name: frame.fillna("")
        for name, frame in pd.read_excel(path, sheet_name=None, dtype=str, engine="calamine").items()
    }


def told(value, places):
    """Round half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


class Proof:
    """The figures of one file, computed anew."""

    def __init__(self, path):
        self.raw = read(path)
        parameters = self.raw["parameters"]
        self.by = dict(zip(parameters["name"], parameters["value"], strict=True))
        window = self.raw["window"].iloc[0]
        self.first, self.last, self.zone = window["first"], window["last"], window["zone"]
        zone_days = pd.date_range(self.first, self.last, tz=self.zone)
        self.begins = list(zone_days) + [zone_days[-1] + pd.offsets.Day(1)]

    # --- the days of the window ------------------------------------------------

    def moments(self, column):
        """Return moments in the factory's time."""
        return pd.to_datetime(column, utc=True).dt.tz_convert(self.zone)

    def line_weights(self):
        """Return the released lines with what they earn."""
        frame = self.raw["M1_lines"].copy()
        weights = []
        for row in frame.to_dict("records"):
            if int(row["hand_edit_count"]):
                weight = Fraction(self.by["non_standard"])
            else:
                weight = Fraction(self.by[f"weight.{row['kind']}"])
                weight += Fraction(self.by["glass"]) * int(row["has_glass"])
                weight += Fraction(self.by["transom"]) * int(row["has_transom"])
            weight *= 1 + Fraction(self.by["equal_set"]) * (int(row["set_count"]) - 1)
            weights.append(Fraction(0) if int(row["came_back"]) else weight)
        frame["weight"] = weights
        return frame

    def work_seconds(self):
        """Return the seconds of work on orders inside of the window."""
        frame = self.raw["M1_work"]
        if frame.empty:
            return Fraction(0)
        begin, end = self.moments(frame["began_at"]), self.moments(frame["ended_at"])
        inside = end.clip(upper=self.begins[-1]) - begin.clip(lower=self.begins[0])
        return sum((Fraction(int(one.value), 10**9) for one in inside), Fraction(0))

    def m1(self):
        """Weighted doors per hour; nothing below five recorded hours."""
        seconds, weight = self.work_seconds(), sum(self.line_weights()["weight"], Fraction(0))
        if seconds < 60 * int(self.by["least_min"]):
            return None
        return told(weight * 3600 / seconds, 2)

    def m2(self):
        """Standard minutes per paid minute; nothing while a day with transactions is unpaid."""
        paid = self.raw["M2_paid"]
        done = self.raw["M2_transactions"]
        earned = sum((Fraction(self.by[f"standard.{work}"]) for work in done["work"]), Fraction(0))
        worked = set() if done.empty else set(self.moments(done["at"]).dt.strftime("%Y-%m-%d"))
        if paid.empty or worked - set(paid["day"]):
            return None
        return told(earned / sum(int(one) for one in paid["paid_min"]), 3)

    def m3(self):
        """Production over planned time of the key machines, of which something is known; per cent."""
        spans, planned = self.raw["M3_spans"].copy(), self.raw["M3_planned"].copy()
        producing = known = 0
        for frame in (spans, planned):
            for name in ("began_at", "ended_at"):
                frame[name] = self.moments(frame[name])
        for _, span in spans[spans["state"] != ""].iterrows():
            for _, plan in planned[planned["machine"] == span["machine"]].iterrows():
                inside = min(span["ended_at"], plan["ended_at"]) - max(span["began_at"], plan["began_at"])
                length = max(0, inside.value)
                known += length
                producing += length if span["state"] == "WORKING" else 0
        return told(Fraction(100 * producing, known), 1) if known else None

    def accuracy(self, sheet):
        """Right ones over those looked at; per cent."""
        right = [int(one) for one in self.raw[sheet]["is_right"]]
        return told(Fraction(100 * sum(right), len(right)), 2) if right else None

    # --- before and after --------------------------------------------------------

    def before(self, number):
        """Return a baseline's days as (day, family, part, whole, events); its hash must be the one that was frozen."""
        frame = self.raw["baseline_days"]
        rows = frame[frame["baseline"] == number].to_dict("records")
        days = [
            (row["day"], row["family"], Decimal(row["numerator"]), Decimal(row["denominator"]), row["events"])
            for row in rows
        ]
        frozen = self.raw["baselines"].set_index("number").loc[number, "sha256"]
        assert sha256(days) == frozen, f"{number} was changed after it was frozen"
        return days

    def change(self, number, after):
        """Return before, after, change and interval of a figure whose days after are given."""
        metric = self.raw["baselines"].set_index("number").loc[number, "metric"]
        before = self.before(number)
        first, second = rate(metric, before), rate(metric, after)
        low, high = interval(before, after)
        return told(first, 2), told(second, 2), told(100 * (second / first - 1), 1), low, high


def sha256(days):
    """Return the hash of some days."""
    lines = sorted(
        f"{day};{family};{part.quantize(Decimal('0.000001'))};{whole.quantize(Decimal('0.000001'))};{events}"
        for day, family, part, whole, events in days
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def rate(metric, days):
    """Return a figure of some days."""
    part = sum((Fraction(day[2]) for day in days), Fraction(0))
    whole = sum((Fraction(day[3]) for day in days), Fraction(0))
    return {"M1": 3600, "M2": 60}.get(metric, 100) * part / whole


def interval(before, after):
    """Return the 95 % interval of the change: 2,000 draws of days, the 50 lowest and the 50 highest cut off."""
    sums = []
    for days in (before, after):
        frame = pd.DataFrame([(day[0], Fraction(day[2]), Fraction(day[3])) for day in days])
        sums.append([tuple(row) for row in frame.groupby(0)[[1, 2]].sum().itertuples(index=False)])
    draw = random.Random(int(sha256(before)[:16], 16) + int(sha256(after)[:16], 16))  # noqa: S311
    changes = []
    for _ in range(2000):
        one = draw.choices(sums[0], k=len(sums[0]))
        two = draw.choices(sums[1], k=len(sums[1]))
        rates = [sum(part for part, _ in some) / sum(whole for _, whole in some) for some in (one, two)]
        changes.append(100 * (rates[1] / rates[0] - 1))
    changes.sort()
    return told(changes[50], 1), told(changes[-51], 1)


if __name__ == "__main__":
    found = Proof(sys.argv[1])
    said = found.raw["figures"].set_index("metric")["value"]
    for name, value in (("M1", found.m1()), ("M2", found.m2())):
        print(name, "recomputed", value, "report", said[name] or None)
