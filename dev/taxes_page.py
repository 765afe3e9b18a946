"""docs/taxes.md: the default tables as a page for accountants. Written by `python3 -m dev taxes`."""
import csv

from odoo.tools import file_open

# Chart of Odoo, the module that it comes from, whose organisations the table is for
CHARTS = (
    ('au', 'l10n_au', "Australia"),
    ('uk', 'l10n_uk', "United Kingdom"),
    ('nz', 'l10n_nz', "New Zealand"),
    ('generic_coa', 'account', "Generic chart (United States and others)"),
)
USES = {'sale': "sales", 'purchase': "purchases"}
INTRODUCTION = """\
# Taxes: what goes where by itself

A line's taxes go to one tax rate in Xero. For the taxes of these charts of accounts the rate is known; a person has to decide nothing as long as Odoo
and Xero charge the same percentage. Where they do not, and for all other taxes, the row is *not decided* in *Xero ▸ Mapping*, and documents
with it wait there: a rate is never guessed from a percentage that several taxes share.

- **Several taxes on a line** are one decision: a rate in Xero whose components are those taxes. The tax is what Odoo charges.
- **A fixed amount** (an eco tax) is a line of its own on the account of the tax, with the taxes that follow it.
- **What is withheld** is a negative line of its own on the account of the tax. Groups that hold such a tax go as the rest of the group.
- **Reverse charges** are only what the tables call so: nothing is charged, and Xero's rate does the rest.
- **The private part of a bill**, **a discount for early payment** that makes the tax smaller and **cash rounding** arrive with Odoo's amounts.
- Xero keeps two decimals of every currency: an amount with three, as dinars have, stops its document with the cause *Amount*.
"""


def page():
    """Return the text of docs/taxes.md."""
    return '\n'.join([INTRODUCTION, *(line for chart in CHARTS for line in _section(*chart))])


def _rows(path):
    with file_open(path) as file:
        return list(csv.DictReader(file))


def _section(chart, module, title):
    taxes = {row['id']: row for row in _rows(f'{module}/data/template/account.tax-{chart}.csv') if row['id']}
    rows = _rows(f'account_xero/data/default_taxes/{chart}.csv')
    yield from (f"## {title}", '', "| tax in Odoo | used on | `TaxType` in Xero | |", '|---|---|---|---|')
    for row in rows:
        if row['tax_type']:
            yield f"| {_name(taxes, row['template'])} | `{'` or `'.join(row['tax_type'].split())}` | {row['reason']} |"
    yield ''
    without = [row for row in rows if not row['tax_type']]
    if without:
        yield from ("No rate in Xero:", '', "| tax in Odoo | used on | why |", '|---|---|---|')
        for row in without:
            yield f"| {_name(taxes, row['template'])} | {row['reason']} |"
        yield ''


def _name(taxes, template):
    """Return the first two cells of a row."""
    if not template:
        return "(no tax) | both"
    tax = taxes[template]
    return f"{tax['name']} (`{template}`) | {USES.get(tax['type_tax_use'], 'entries')}"
