#!/usr/bin/env python3
"""Compare phone.c with libphonenumber over generated numbers.

usage: phone_oracle.py HARNESS [NUMBERS_PER_REGION]

HARNESS reads lines "region TAB text" and answers each with the normal form,
or an empty line where the text is not a phone.

libphonenumber has two verdicts, is_possible_number (length) and
is_valid_number (a range that is given out), and one E.164 form.  phone.c knows
the whole plan of China, so there only "valid" counts.  Of other countries it
knows the lengths by leading digit, a verdict between the two: it agrees if it
accepts a possible number with the same E.164 form, or refuses one that is not
valid.

Prints "region CODE numbers accepted same" per region; "both COUNT SAME" for the
numbers that both accept; "valid COUNT SAME" for those libphonenumber calls
valid; "between ACCEPTED REFUSED" for the foreign ones it calls possible but not
valid, which count as the same either way; "class COUNT NAME" per listed class
of difference; "unlisted ..." for any other.  The numbers are the same on each
run.
"""
import random
import re
import subprocess
import sys
import unicodedata

try:
    import re._parser as sre
except ImportError:
    import sre_parse as sre

try:
    import phonenumbers as lib
except ImportError:
    print("absent")
    sys.exit(0)

REGIONS = "CN HK MO TW SG JP US GB DE BR IN".split()
# Special numbers are about as rare as among leads.
KINDS = ("mobile", "fixed_line") * 16 + (
    "toll_free", "shared_cost", "premium_rate", "personal_number", "voip", "uan")
WRONG_SHARE = 0.2


def draw(rng, seq):
    """A random text that a parsed pattern matches."""
    out = ""
    for op, arg in seq:
        name = str(op)
        if name == "LITERAL":
            out += chr(arg)
        elif name == "IN":
            chars = ""
            for item, value in arg:
                if str(item) == "LITERAL":
                    chars += chr(value)
                elif str(item) == "RANGE":
                    chars += "".join(map(chr, range(value[0], value[1] + 1)))
                else:
                    chars += "0123456789"
            out += rng.choice(chars)
        elif name == "SUBPATTERN":
            out += draw(rng, arg[-1])
        elif name == "BRANCH":
            out += draw(rng, rng.choice(arg[1]))
        elif name == "MAX_REPEAT":
            low, high, body = arg
            for _ in range(rng.randint(low, high)):
                out += draw(rng, body)
        else:
            raise ValueError(name)
    return out


def national(rng, meta):
    """A random valid national number of a region."""
    while True:
        desc = getattr(meta, rng.choice(KINDS))
        if desc is None or desc.national_number_pattern in (None, "NA"):
            continue
        nsn = draw(rng, sre.parse(desc.national_number_pattern))
        if len(nsn) in desc.possible_length:
            return nsn


def damage(rng, nsn):
    """One digit lost, one too many, or one wrong."""
    at = rng.randrange(len(nsn))
    how = rng.randrange(3)
    if how == 0:
        return nsn[:at] + nsn[at + 1:]
    digit = rng.choice("0123456789")
    return nsn[:at] + digit + nsn[at + (how == 2):]


def grouped(rng, nsn, mark):
    """Digits in groups of two to four."""
    groups, at = [], 0
    while at < len(nsn):
        step = rng.randint(2, 4)
        groups.append(nsn[at:at + step])
        at += step
    return mark.join(groups)


def wide(text):
    """ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def spell(rng, meta, nsn):
    """One of many ways to write a number."""
    code, trunk = str(meta.country_code), meta.national_prefix or ""
    inside = trunk + nsn
    if meta.id == "CN" and len(nsn) == 11 and nsn[0] == "1":
        inside = nsn
    marks = rng.choice((" ", "-", ".", "\u00a0", "\u2013", "\u3000"))
    plain = (
        lambda: "+" + code + nsn,
        lambda: "+" + code + " " + grouped(rng, nsn, marks),
        lambda: "+" + code + "-" + grouped(rng, nsn, "-"),
        lambda: "+" + code + " (" + nsn[:3] + ") " + nsn[3:],
        lambda: "+" + code + " " + (("(%s)" % trunk) if trunk == "0" else "") + nsn,
        lambda: inside,
        lambda: grouped(rng, inside, marks),
        lambda: "(" + inside[:4] + ")" + inside[4:],
        lambda: "tel:+" + code + "-" + grouped(rng, nsn, "-"),
        lambda: "00" + code + nsn if meta.international_prefix == "00" else "+" + code + nsn,
    )
    text = rng.choice(plain)()
    dress = rng.randrange(10)
    if dress == 0:
        return wide(text)
    if dress == 1 and not text.startswith("tel:"):
        return rng.choice(("电话：", "Tel: ", "手机 ", "Mobile ")) + text
    if dress == 2 and not text.startswith("tel:"):
        return text + rng.choice((" ext. 12", " ext 0801", " x7", "#345", ";ext=99"))
    return text


def theirs(text, region):
    """libphonenumber's E.164 form, whether it is possible, whether it is valid."""
    try:
        number = lib.parse(text, region)
    except lib.NumberParseException:
        return "", False, False
    answer = lib.format_number(number, lib.PhoneNumberFormat.E164)
    answer += ";ext=" + number.extension if number.extension else ""
    valid = lib.is_valid_number(number)
    return answer, valid if number.country_code == 86 else lib.is_possible_number(number), valid


def classify(text, want, possible, got):
    """The class of a difference, or None; each is justified in docs/phone.md."""
    if got and not possible and re.fullmatch(r"\+861[3-9]\d{9}(;.*)?", got):
        return "Chinese mobile range that is not given out yet"
    if got and not possible and re.search(r"[-\u2013]\d{1,6}$", unicodedata.normalize("NFKC", text)) and \
            got.startswith("+86") and ";ext=" in got:
        return "Chinese extension behind a mere dash"
    if got and not possible and got.startswith("+86807"):
        return "Chinese area code 807, of which one exchange is in use"
    if possible and not got and re.match(r"\+55[1-9]", want):
        return "Brazilian carrier code"
    if possible and not got and re.match(r"\+(810|910)", want):
        return "number that is dialled inside its country only"
    return None


def main():
    per_region = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    cases = []
    for region in REGIONS:
        rng = random.Random("phone " + region)
        meta = lib.PhoneMetadata.metadata_for_region(region)
        for _ in range(per_region):
            nsn = national(rng, meta)
            if rng.random() < WRONG_SHARE:
                nsn = damage(rng, nsn)
            cases.append((region, spell(rng, meta, nsn)))

    lines = "".join("%s\t%s\n" % case for case in cases)
    answers = subprocess.run([sys.argv[1]], input=lines.encode(), check=True,
                             stdout=subprocess.PIPE).stdout.decode().split("\n")[:-1]
    if len(answers) != len(cases):
        sys.exit("the harness answered %d of %d lines" % (len(answers), len(cases)))

    same, accepted = dict.fromkeys(REGIONS, 0), dict.fromkeys(REGIONS, 0)
    classes, stricter, looser = {}, 0, 0
    both, both_same, sound, sound_same = 0, 0, 0, 0
    for (region, text), got in zip(cases, answers):
        want, possible, valid = theirs(text, region)
        accepted[region] += got != ""
        both += got != "" and possible
        both_same += got != "" and possible and got == want
        sound += valid
        sound_same += valid and got == want
        if got == (want if possible else ""):
            same[region] += 1
            looser += got != "" and not valid
        elif got == "" and not valid:
            same[region] += 1
            stricter += 1
        else:
            name = classify(text, want, possible, got)
            if name is None:
                print("unlisted %s %r theirs=%s (possible=%s, valid=%s) ours=%s"
                      % (region, text, want, possible, valid, got))
            classes[name] = classes.get(name, 0) + 1
    for region in REGIONS:
        print("region %s %d %d %d" % (region, per_region, accepted[region], same[region]))
    print("both %d %d" % (both, both_same))
    print("valid %d %d" % (sound, sound_same))
    print("between %d %d" % (looser, stricter))
    for name in sorted(filter(None, classes)):
        print("class %d %s" % (classes[name], name))


main()
