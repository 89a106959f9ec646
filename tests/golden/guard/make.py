"""Writes numbers.jsonl, phones.jsonl and emails.jsonl: what reference implementations say about numbers, telephone
numbers and addresses.

    pip install -r requirements.txt && python make.py

numbers.jsonl: {"rule", "number", "valid"} from python-stdnum, half of them valid (random numbers with their check digits
found by trying), half with one place changed or at random. phones.jsonl: {"region", "form", "text"}: phonenumbers' own
example numbers as it formats them. emails.jsonl: {"address", "valid"} from email-validator, without asking any server.
"""
import importlib
import json
import os
import random
import string

import email_validator
import phonenumbers

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = {
    "us_ssn": ("us.ssn", "9"), "us_itin": ("us.itin", "9"), "uk_nhs": ("gb.nhs", "10"), "de_steuer_id": ("de.idnr", "11"),
    "fr_nir": ("fr.nir", "15"), "es_dni": ("es.dni", "8L"), "es_nie": ("es.nie", "E7L"),
    "it_codice_fiscale": ("it.codicefiscale", "CF"), "nl_bsn": ("nl.bsn", "9"), "ch_ahv": ("ch.ssn", "756+10"),
    "pl_pesel": ("pl.pesel", "11"), "se_personnummer": ("se.personnummer", "SE"), "be_national": ("be.nn", "11"),
    "luhn": ("luhn", "16"), "iban": ("iban", "IBAN"),
}
DATED = {"pl_pesel", "be_national", "se_personnummer"}


def digits(rng, n):
    return "".join(rng.choice(string.digits) for _ in range(n))


def dated(rng):
    return f"{rng.randrange(100):02}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"


def candidate(rng, rule, shape):
    if rule in ("pl_pesel", "be_national"):
        return dated(rng) + digits(rng, 5)
    if rule == "se_personnummer":
        return dated(rng) + digits(rng, 4)
    if rule == "us_itin":
        return "9" + digits(rng, 8)
    if rule == "fr_nir":
        month = f"{rng.randrange(1, 13):02}"
        return rng.choice("12") + digits(rng, 2) + month + f"{rng.randrange(1, 20):02}" + digits(rng, 8)
    if rule == "it_codice_fiscale":
        letters = "".join(rng.choice(string.ascii_uppercase) for _ in range(6))
        day = rng.randrange(1, 29) + rng.choice([0, 40])
        return (letters + digits(rng, 2) + rng.choice("ABCDEHLMPRST") + f"{day:02}" +
                rng.choice("ABCDEFGHIL") + digits(rng, 3) + rng.choice(string.ascii_uppercase))
    if rule == "ch_ahv":
        return "756" + digits(rng, 10)
    if rule == "es_dni":
        return digits(rng, 8) + rng.choice(string.ascii_uppercase)
    if rule == "es_nie":
        return rng.choice("XYZ") + digits(rng, 7) + rng.choice(string.ascii_uppercase)
    return digits(rng, int(shape))


def ibans(rng, validate, table):
    out = []
    for country, length in sorted(table.items()):
        for _ in range(3):
            body = digits(rng, length - 4)
            remainder = int("".join(str(int(c, 36)) for c in body + country + "00")) % 97
            number = f"{country}{98 - remainder:02}{body}"
            out.append(number)
            out.append(number[:-1] + str((int(number[-1]) + 1) % 10))
    return [{"rule": "iban", "number": n, "valid": validate(n)} for n in out]


def iban_lengths():
    """Country -> length, from stdnum's copy of the SWIFT registry."""
    import re
    from stdnum import iban
    lengths = {}
    for first in string.ascii_uppercase:
        for second in string.ascii_uppercase:
            bban = iban._ibandb.info(first + second + "00" + "0" * 30)[0][1].get("bban")
            if bban:
                lengths[first + second] = 4 + sum(int(n) for n in re.findall(r"(\d+)!", bban))
    return lengths


def iban_is_valid(number):
    """Length and check digits, as Ferry checks: a bank's own check digits are left alone."""
    from stdnum.iso7064 import mod_97_10
    return len(number) == iban_lengths()[number[:2]] and mod_97_10.is_valid(number[4:] + number[:4])


def numbers(rng):
    lines = []
    for rule, (module, shape) in RULES.items():
        if rule == "iban":
            lines += ibans(rng, iban_is_valid, iban_lengths())
            continue
        is_valid = importlib.import_module("stdnum." + module).is_valid
        valid = []
        while len(valid) < 40:
            number = candidate(rng, rule, shape)
            if is_valid(number):
                valid.append(number)
        wrong = []
        for number in valid:
            place = rng.randrange(len(number))
            if number[place].isdigit():
                wrong.append(number[:place] + str((int(number[place]) + rng.randrange(1, 10)) % 10) + number[place + 1:])
        wrong += [candidate(rng, rule, shape) for _ in range(40)]
        lines += [{"rule": rule, "number": n, "valid": is_valid(n)} for n in valid + wrong]
    return lines


def phones():
    lines = []
    forms = {"international": phonenumbers.PhoneNumberFormat.INTERNATIONAL, "e164": phonenumbers.PhoneNumberFormat.E164,
             "national": phonenumbers.PhoneNumberFormat.NATIONAL}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            for name, form in forms.items():
                lines.append({"region": region, "form": name, "text": phonenumbers.format_number(number, form)})
    return [json.loads(line) for line in sorted({json.dumps(line) for line in lines})]


ADDRESSES = """
alice@corp.com bob.smith@sub.corp.co.uk first+tag@corp.io o'hara@corp.ie under_score@corp.org dash-ed@corp-x.com
1234567890@corp.com a@b.co x@xn--bcher-kva.de jörg@bücher.de üñîçøðé@corp.com 用户@例子.广告 user%host@corp.com
name@corp.museum name@1und1.de upper.CASE@CORP.COM a.b.c.d@corp.com user@localhost user@corp user@.corp.com
user@corp..com .user@corp.com user.@corp.com us..er@corp.com user@-corp.com user@corp-.com @corp.com user@ user@corp.c0m
user@corp.1 user@10.0.0.1 plainaddress user@@corp.com user@corp_x.com user@corp.com- a&b@corp.com tilde~@corp.com
""".split()


def emails():
    lines = []
    for address in ADDRESSES + ["x" * 64 + "@corp.com", "user@" + "a" * 63 + ".com", "user@" + "a" * 64 + ".com"]:
        try:
            email_validator.validate_email(address, check_deliverability=False)
            valid = True
        except email_validator.EmailNotValidError:
            valid = False
        lines.append({"address": address, "valid": valid})
    return lines


def write(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


write("numbers.jsonl", numbers(random.Random(1)))
write("phones.jsonl", phones())
write("emails.jsonl", emails())
