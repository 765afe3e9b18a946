"""Xero's arithmetic, exactly: ``Decimal`` only, nothing from a float but its shortest text.

The unit price is rounded first, then the line, half up; tax per line:
https://developer.xero.com/documentation/guides/how-to-guides/rounding-in-xero
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from json.encoder import encode_basestring
from typing import Any

from ..const import AMOUNT_DIGITS, QUANTITY_LIMIT, UNIT_DIGITS
from ..exceptions import NotRepresentable

_ONE = Decimal(1)
_HUNDRED = Decimal(100)

Number = int | float | Decimal | str


def to_decimal(number: Number) -> Decimal:
    """Return the decimal that a person sees: 0.1 for the float 0.1, not its binary neighbour.

    :param number: ``int``, ``float``, ``Decimal`` or text.
    """
    return number if isinstance(number, Decimal) else Decimal(repr(number) if isinstance(number, float) else number)


def round_half_up(value: Decimal, digits: int = AMOUNT_DIGITS) -> Decimal:
    """Round a decimal; halves go away from zero."""
    return value.quantize(_last_digit(digits), ROUND_HALF_UP)


@cache
def _last_digit(digits: int) -> Decimal:
    """Return one unit of the last of some decimals: 0.01 for 2."""
    return _ONE.scaleb(-digits)


def line_amount(quantity: Decimal, unit_amount: Decimal, discount_rate: Decimal | None = None) -> Decimal:
    """Return the net amount that Xero computes for a line, with ``unitdp=4``."""
    return round_half_up(_exact_amount(quantity, unit_amount, discount_rate))


def _exact_amount(quantity: Decimal, unit_amount: Decimal, discount_rate: Decimal | None) -> Decimal:
    share = (_HUNDRED - round_half_up(discount_rate)) / _HUNDRED if discount_rate else _ONE
    return round_half_up(quantity, UNIT_DIGITS) * round_half_up(unit_amount, UNIT_DIGITS) * share


def tax_amount(net: Decimal, rate: Decimal) -> Decimal:
    """Return the tax that Xero computes for a line whose prices are exclusive of tax.

    :param Decimal net: amount of the line.
    :param Decimal rate: ``EffectiveRate`` of the tax rate, in percent.
    """
    return round_half_up(net * rate / _HUNDRED)


def shares(amount: Decimal, weights: Sequence[Decimal], digits: int = AMOUNT_DIGITS) -> list[Decimal]:
    """Split an amount in proportion to weights, to the cent: who loses most by rounding down gets the next cent.

    :param Decimal amount: of at most ``digits`` decimals.
    :param weights: list of ``Decimal``, not empty; if their sum is 0, the first gets all.
    :return: list of ``Decimal`` whose sum is the amount.
    """
    total = sum(weights, Decimal(0))
    if not total:
        return [amount, *[Decimal(0)] * (len(weights) - 1)]
    cent = _last_digit(digits)
    exact = [amount * weight / total for weight in weights]
    parts = [part.quantize(cent, ROUND_FLOOR) for part in exact]
    left = int((amount - sum(parts, Decimal(0))) / cent)
    for index in sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])[:left]:
        parts[index] += cent
    return parts


def check_decimals(amount: Decimal) -> None:
    """Check that an amount can be in Xero as it is.

    :raise NotRepresentable: it has more decimals than Xero keeps.
    """
    if amount != round_half_up(amount):
        raise NotRepresentable(f"{amount} has more than {AMOUNT_DIGITS} decimals")


@dataclass(frozen=True)
class LineForm:
    """Quantity, unit price and discount with which a line has a given net amount in Xero.

    :attr:`step` says how near it is to the document in Odoo: 1 the same; 2 the same
    quantity, with discount, included tax and rounding folded into the price; 3 one piece at the whole amount.
    What is not shown as a number any more belongs into the line's text.
    """

    quantity: Decimal
    unit_amount: Decimal
    discount_rate: Decimal | None
    step: int


def represent(
    net: Number, quantity: Number, price_unit: Number, discount: Number | None, allow_discount: bool, single: bool = False,
) -> LineForm:
    """Return the first form of a line that Xero computes to ``net``.

    Numbers may be of any type that :func:`to_decimal` takes.

    :param net: amount without tax, in the document's currency and with the document's sign.
    :param discount: percent, 0 for none.
    :param bool allow_discount: whether the document may have a ``DiscountRate`` (sales invoices only).
    :param bool single: go to step 3 at once.
    :return: :class:`LineForm`; its quantity is never negative, a negative one turns the price.
    :raise NotRepresentable: the amount has more decimals than Xero keeps.
    """
    return _represent(to_decimal(net), to_decimal(quantity), to_decimal(price_unit), to_decimal(discount or 0), allow_discount, single)


def _represent(net: Decimal, quantity: Decimal, price_unit: Decimal, discount: Decimal, allow_discount: bool, single: bool) -> LineForm:
    check_decimals(net)
    if quantity < 0:
        quantity, price_unit = -quantity, -price_unit
    quantity = round_half_up(quantity, UNIT_DIGITS)
    if not single and 0 < quantity < QUANTITY_LIMIT:
        rate = discount if allow_discount and _is_discount_rate(discount, price_unit) else None
        if (rate or not discount) and line_amount(quantity, price_unit, rate) == net and not _vanishes(net, quantity, price_unit, rate):
            return LineForm(quantity, round_half_up(price_unit, UNIT_DIGITS), rate, 1)
        folded = round_half_up(net / quantity, UNIT_DIGITS)
        if line_amount(quantity, folded) == net:
            return LineForm(quantity, folded, None, 2)
    return LineForm(_ONE, net, None, 3)


def _vanishes(net: Decimal, quantity: Decimal, price_unit: Decimal, discount_rate: Decimal | None) -> bool:
    """Return whether a line has a price that only rounding reduces to nothing.

    Xero refuses it ("Account must be valid.", "Tax rate must be valid."), whatever its account and tax are, and takes a price of 0
    (Xero-Java #353).
    """
    if net or not price_unit:
        return False
    return not round_half_up(price_unit, UNIT_DIGITS) or bool(_exact_amount(quantity, price_unit, discount_rate))


def _is_discount_rate(discount: Decimal, price_unit: Decimal) -> bool:
    """Return whether Xero takes a discount as it is.

    It keeps two decimals, wants no zero, and refuses a discount "greater than the line total", which any is
    on a negative line. (https://developer.xero.com/documentation/api/accounting/invoices)
    """
    return 0 < discount <= _HUNDRED and discount == round_half_up(discount) and price_unit > 0


# === JSON === #

_ENCODER = json.JSONEncoder(ensure_ascii=False)
_STORED = json.JSONEncoder(sort_keys=True, default=str)


def json_number(number: Decimal) -> str:
    """Return a decimal as the shortest plain text: ``10``, ``0.5``, never ``1E+1``."""
    text = format(number, 'f')
    if '.' in text:
        text = text.rstrip('0').rstrip('.')
    return '0' if text == '-0' else text


def dumps(payload: Any) -> bytes:
    """Return a payload as JSON whose bytes depend on its content alone.

    Keys are sorted and decimals written digit for digit, so that equal payloads give equal bytes: for the
    body that has to be repeated unchanged, and for :func:`digest`.

    :param payload: dicts, lists, text, ``Decimal``, ``int``, ``bool``, None.
    :return: UTF-8 bytes.
    :raise TypeError: for a ``float``, whose digits nobody chose, and for what JSON does not know.
    """
    return _json(payload).encode()


def dump_list(name: str, elements: Iterable[bytes]) -> bytes:
    """Return the body of a call with a list of elements, each of them as :func:`dumps` returns it.

    :param str name: key of the list.
    """
    return b'{%b:[%b]}' % (dumps(name), b','.join(elements))


def _json(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, dict):
        return '{%s}' % ','.join([f'{encode_basestring(key)}:{_json(value[key])}' for key in sorted(value)])
    if isinstance(value, list | tuple):
        return '[%s]' % ','.join(map(_json, value))
    if isinstance(value, float):
        raise TypeError(f"A float in a payload: {value!r}")
    return _ENCODER.encode(value)


def digest(payload: Any) -> str:
    """Return a fingerprint of a payload, as hexadecimal text."""
    return hashlib.sha256(dumps(payload)).hexdigest()


def short_fingerprint(content: Any) -> str:
    """Return the start of a fingerprint, enough to distinguish two states of one thing.

    :param content: as for :func:`fingerprint`.
    """
    return fingerprint(content)[:12]


def fingerprint(content: Any) -> str:
    """Return a fingerprint of what stands in Odoo, as hexadecimal text.

    :param content: lists, dicts, text, dates, numbers as they are stored, floats too.
    """
    return hashlib.sha256(_STORED.encode(content).encode()).hexdigest()
