"""Write docs/taxes.md, the default tax tables as a page for accountants, with `python3 -m dev taxes`."""
import csv

from odoo.tools import file_open

# Chart of Odoo, the module that defines it, the organisations that the table is for
CHARTS = (
    ('au', 'l10n_au', "Australia"),
    ('uk', 'l10n_uk', "United Kingdom"),
    ('nz', 'l10n_nz', "New Zealand"),
    ('generic_coa', 'account', "Generic chart (United States and others)"),
)
USES = {'sale': "sales", 'purchase': "purchases"}
INTRODUCTION = """\
# Taxes: which ones are mapped automatically

A line in Xero has one tax rate. For the taxes of the charts of accounts below, the add-on knows the rate. It uses it without a decision of a person as long as
Odoo and Xero charge the same percentage. Otherwise, and for all other taxes, the row is *not decided* in *Xero ▸ Mapping*, and documents
with it wait for the decision. A rate is never guessed from a percentage that several taxes share.

- **Several taxes on a line** are one decision: a rate in Xero whose components are those taxes. The tax amount is Odoo's.
- **A fixed amount** (an eco tax) becomes a line of its own on the account of the tax, with the taxes that apply to it.
- **A withholding tax** becomes a negative line of its own on the account of the tax. A group with such a tax is exported as the rest of the group.
- **Reverse charges** are only the taxes that the tables name as such: Odoo charges nothing, and Xero's rate reports the tax.
- **The private part of a bill**, **an early payment discount** that reduces the tax and **cash rounding** are exported with Odoo's amounts.
- Xero keeps two decimals in every currency. An amount with three decimals, as in dinars, stops its document with the cause *Amount*.
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
