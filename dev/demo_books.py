"""The data of the demo company: two sites, their partners and the documents of a month. Every run makes the same data."""
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

COMPANY = "Two Sites Landscape Supplies Pty Ltd"


@dataclass(frozen=True)
class Site:
    """One site: its journals, and its organisation in the local Xero."""
    name: str
    organisation: str
    tenant_id: str
    short_code: str
    code: str       # starts the codes of its journals


HARBOUR = Site("Harbour Site", "Harbour Site AU", '3f1c6a52-7d0e-4b83-9a61-5c2e8d7f0a11', '!Hb7x2', 'HB')
HINTERLAND = Site("Hinterland Site", "Hinterland Site AU", 'a9d40b7e-21c5-4f6a-8e3d-0b7c95e1d622', '!Hn4q9', 'HN')
SITES = (HARBOUR, HINTERLAND)

CUSTOMERS = (
    "Ridgeway Hardware", "Saltmarsh Cafe", "Bluegum Constructions", "Corner Street Pharmacy", "Tidal Kayak Hire", "Mangrove Early Learning",
    "Longreach Fencing", "Paperbark Nursery", "Whitesand Holiday Units", "Escarpment Golf Club",
)
EXPORT_CUSTOMERS = (("Kauri Garden Centre", 'NZ', 'NZD'), ("Sequoia Outdoor Inc", 'US', 'USD'))
VENDORS = (
    "Basalt Quarries", "Coastal Freight Lines", "Paper & Ink Office Supplies", "Clearline Telecom", "Signal Print Media", "Torque Machinery Repairs",
    "Southern Mutual Insurance",
)
# A name from a bad import: nothing remains of it after cleaning for Xero
NAMELESS, NAMED = "< >", "Saltbush Catering"

# Rates of the month: units of the currency for one Australian dollar
RATES = {'NZD': 1.0935, 'USD': 0.6584}

# Decisions of an accountant: account in Odoo's Australian chart → account in Xero's
DECISIONS = {
    '41110': '200', '41120': '260', '44000': '260',
    '55000': '310', '56000': '425', '61000': '400', '61800': '433', '62300': '453', '62500': '473', '62800': '489', '62920': '445',
}
FORGOTTEN_ACCOUNT, ITS_DECISION = '43000', '200'
FREIGHT_INCOME, FREIGHT_EXPENSE = '44000', '56000'
TAX_INCLUDED = "10% GST in price"


class Line(NamedTuple):
    """The product or cost of a line. Documents use its quantities in turn."""
    text: str
    account: str
    price: float
    tax: str
    quantities: tuple = (1,)


_GOODS = (
    Line("Ironbark sleeper, 2.4 m", '41110', 38.50, 'sale', (12, 40, 7)),
    Line("Bluestone paver, 400 × 400", '41110', 21.95, 'sale', (64, 25, 110)),
    Line("Garden design, per hour", '41120', 145.00, 'sale', (2.5, 1, 6.75)),
    Line("River pebble, per tonne", '41110', 96.36, 'sale', (0.75, 3, 1.25)),
    Line("Delivery to site", '44000', 85.00, 'sale'),
    Line("Native seedlings, tray of 40", '41110', 59.90, 'included', (3, 1, 7)),
    Line("Irrigation plan", '41120', 420.00, 'sale'),
)
_COSTS = (
    Line("Crushed rock, 20 mm, per tonne", '55000', 41.20, 'purchase', (18.5, 12, 33.25)),
    Line("Freight from the quarry", '56000', 312.75, 'purchase', (1, 2)),
    Line("Advertisement, weekend edition", '61000', 260.00, 'purchase'),
    Line("Stationery", '62300', 47.85, 'purchase', (1, 3)),
    Line("Repair of the loader", '62500', 680.00, 'purchase'),
    Line("Telephone and internet", '62800', 129.95, 'purchase'),
    Line("Electricity", '62920', 388.41, 'purchase'),
    Line("Stamp duty on insurance", '61800', 72.60, 'purchase_free'),
)
_DISCOUNTS = (0, 0, 10, 0, 12.5)


def today():
    return datetime.now(timezone.utc).date()


def first_of_month():
    return today().replace(day=1)


def last_month():
    """The last day of the month before this one."""
    return first_of_month() - timedelta(days=1)


class Books:
    """Makes the values of documents from the data above.

    :param dict ids: the ids of Odoo's records: `('account', code)`, `('tax', key)`, `('partner', name)`, `('journal', code)`,
        `('currency', name)` → id
    """

    def __init__(self, ids):
        self._ids = ids
        self._count = 0

    # === DOCUMENTS === #

    def opening(self, site):
        """Return the first two documents of a site. Together they need every account that an accountant will map."""
        return [
            self._document(site, 'out_invoice', "Bluegum Constructions", list(_GOODS)),
            self._document(site, 'in_invoice', "Basalt Quarries", list(_COSTS)),
        ]

    def month(self, site, invoices, bills):
        """Return the usual documents of a site: invoices and bills in the numbers given, plus credit notes and receipts."""
        documents = [self._sale(site) for _number in range(invoices)] + [self._purchase(site) for _number in range(bills)]
        documents.append(self._document(site, 'out_refund', "Ridgeway Hardware", self._pick(_GOODS, 2)))
        documents.append(self._document(site, 'in_refund', "Paper & Ink Office Supplies", self._pick(_COSTS, 1)))
        documents.append(self._document(site, 'in_receipt', "Signal Print Media", self._pick(_COSTS, 1)))
        return documents

    def counter_sales(self, site):
        """Return a sales receipt, and a credit note for returned goods."""
        return [
            self._document(site, 'out_receipt', "Tidal Kayak Hire", [_GOODS[5], _GOODS[1]]),
            self._document(site, 'out_refund', "Saltmarsh Cafe", [_GOODS[5]]),
        ]

    def forgotten_account(self, site):
        """Return an invoice on an account that nobody has mapped."""
        return self._document(
            site, 'out_invoice', "Paperbark Nursery", [Line("Consignment stock sold in the nursery", FORGOTTEN_ACCOUNT, 512.40, 'sale')])

    def freight_on_expense(self, site):
        """Return an invoice that passes freight on, booked on an expense account: Xero allows no sales tax on it."""
        return self._document(
            site, 'out_invoice', "Longreach Fencing", [_GOODS[0], Line("Freight passed on", FREIGHT_EXPENSE, 312.75, 'sale')])

    def nameless(self, site):
        return self._document(site, 'out_invoice', NAMELESS, [Line("Hedge trimming, per hour", '41120', 68.00, 'sale', (2.25,))])

    def in_locked_month(self, site):
        """Return a bill that came late and is dated in the month that Xero's adviser has locked."""
        late = last_month() - timedelta(days=6)
        return self._document(site, 'in_invoice', "Torque Machinery Repairs", [_COSTS[4]], on=late)

    def during_outage(self):
        """Return six more documents: four of the site whose organisation is lost, two of the other."""
        return [
            self._sale(HINTERLAND), self._sale(HINTERLAND), self._sale(HINTERLAND), self._purchase(HINTERLAND),
            self._sale(HARBOUR), self._purchase(HARBOUR),
        ]

    def sale_of(self, site, move_type, customer, lines):
        """Return an invoice or a credit note of a customer, over some lines."""
        return self._document(site, move_type, customer, self._pick(_GOODS, lines))

    def purchase_of(self, site, vendor):
        return self._document(site, 'in_invoice', vendor, self._pick(_COSTS, 2))

    # === PARTS === #

    def _sale(self, site):
        index = self._count
        if index % 5 == 3:
            name, _country, currency = EXPORT_CUSTOMERS[index // 5 % len(EXPORT_CUSTOMERS)]
            lines = [line._replace(tax='export') for line in self._pick(_GOODS, 2)]
            return self._document(site, 'out_invoice', name, lines, currency=currency)
        return self._document(site, 'out_invoice', CUSTOMERS[index % len(CUSTOMERS)], self._pick(_GOODS, 1 + index % 4))

    def _purchase(self, site):
        return self._document(site, 'in_invoice', VENDORS[self._count % len(VENDORS)], self._pick(_COSTS, 1 + self._count % 3))

    def _pick(self, lines, number):
        return [lines[(self._count * 3 + step) % len(lines)] for step in range(number)]

    def _document(self, site, move_type, partner, lines, *, on=None, currency=None):
        self._count += 1
        index, is_sale = self._count, move_type.startswith('out')
        on = on or max(first_of_month(), today() - timedelta(days=index % 20))
        vals = {
            'move_type': move_type,
            'journal_id': self._ids['journal', site.code + ('S' if is_sale else 'B')],
            'partner_id': self._ids['partner', partner],
            'invoice_date': str(on),
            'date': str(on),
            'invoice_line_ids': [(0, 0, self._values(line, index + step, is_sale)) for step, line in enumerate(lines)],
        }
        if currency:
            vals['currency_id'] = self._ids['currency', currency]
        if is_sale and index % 4 == 0:
            vals['ref'] = f'PO {4100 + index}'
        if not is_sale:
            vals['ref'] = f'{partner[:2].upper()}-{2000 + index}'
        if is_sale and len(lines) > 2:
            vals['invoice_line_ids'] += [(0, 0, {'display_type': 'line_note', 'name': "Goods are ours until they are paid for."})]
        return vals

    def _values(self, line, index, is_sale):
        return {
            'name': line.text,
            'account_id': self._ids['account', line.account],
            'quantity': line.quantities[index % len(line.quantities)],
            'price_unit': line.price,
            'discount': _DISCOUNTS[index % len(_DISCOUNTS)] if is_sale else 0,
            'tax_ids': [(6, 0, [self._ids['tax', line.tax]])],
        }
