"""What is made in a running `make demo` before a picture of the guide is taken, and undone afterwards where it would be seen on other pictures.

Each stage is a context manager for a `Person`; it gives the identifier that the page's address names.
"""
import time
from contextlib import contextmanager
from datetime import date

import requests

from .demo_books import CUSTOMERS, HARBOUR
from .demo_kinds import ACCRUED, XERO_LOGIN
from .demo_people import TIMEOUT

CHECKED = 30        # documents in the picture of the check, besides drafts
UNDECIDED = 'income_other'      # the type of accounts that nobody has decided
# Not used by the demo: its books are in a currency of its own
NORTHGATE, NORTHGATE_TENANT = "Northgate Trading", '5b8e2c90-64fa-4d17-b0c9-7e1a3f52d833'
PRODUCT = {'name': "Ironbark sleeper, 2.4 m", 'default_code': 'SLEEPER-24', 'list_price': 38.5, 'standard_price': 22.4}
PATIENCE = 60       # seconds


@contextmanager
def review(person):
    """Allow access to an organisation that is not connected yet, for a company of its own; the consent is to be reviewed."""
    [user] = person.find('res.users', [('id', '=', person.user_id)], 'company_id')
    [harbour] = person.find('xero.connection', [('id', '=', _connection(person))], 'app_id')
    company = [row['id'] for row in person.find('res.company', [('name', '=', NORTHGATE)], 'id', context={'active_test': False})]
    if company:
        person.write('res.company', company, {'active': True})
    else:
        company = person.create('res.company', {'name': NORTHGATE, 'currency_id': person.ref('base.GBP'), 'country_id': person.ref('base.uk')})
    in_company, connection, consent = {'allowed_company_ids': [*company, user['company_id'][0]]}, [], []
    try:
        # The page that is opened next is that of the user's own company
        person.write('res.users', [person.user_id], {'company_id': company[0]})
        connection += person.create(
            'xero.connection', {'name': NORTHGATE, 'app_id': harbour['app_id'][0], 'company_ids': [(6, 0, company)]}, context=in_company)
        page = person.consent(connection[0], XERO_LOGIN, NORTHGATE_TENANT)
        consent.append(int(page.rpartition('/')[2]))
        yield consent[0]
    finally:
        for model, method, records in (('xero.consent', 'action_discard', consent), ('xero.connection', 'unlink', connection)):
            if records:
                person.call(model, method, records, context=in_company)
        person.write('res.users', [person.user_id], {'company_id': user['company_id'][0]})
        person.write('res.company', company, {'active': False})


@contextmanager
def item(person):
    """Send item codes from the first site, and sell a product; afterwards, switch them off."""
    connection, customer = _connection(person), person.find('res.partner', [('name', '=', CUSTOMERS[0])], 'id')[0]['id']
    [journal] = person.find('account.journal', [('code', '=', f'{HARBOUR.code}S')], 'id')
    person.write('xero.connection', [connection], {'sends_item_codes': True})
    person.consent(connection, XERO_LOGIN, HARBOUR.tenant_id, origin='board')
    person.call('xero.consent', 'finish_pending')
    code = [('default_code', '=', PRODUCT['default_code'])]
    [product] = person.find('product.product', code, 'product_tmpl_id') or [None]
    if not product:
        person.create('product.template', PRODUCT)
        [product] = person.find('product.product', code, 'product_tmpl_id')
    invoice = person.create('account.move', {
        'move_type': 'out_invoice', 'journal_id': journal['id'], 'partner_id': customer, 'invoice_date': str(date.today()),
        'invoice_line_ids': [(0, 0, {'product_id': product['id'], 'quantity': 12, 'account_id': _decided(person)})]})
    person.call('account.move', 'action_post', invoice)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not person.find('xero.item', [('code', '=', PRODUCT['default_code'])], 'id'):
        time.sleep(0.5)
    try:
        yield product['product_tmpl_id'][0]
    finally:
        person.write('xero.connection', [connection], {'sends_item_codes': False})


@contextmanager
def check(person):
    """Check documents of all states, and some drafts with an account that nobody has decided."""
    sales = [('move_type', '=', 'out_invoice')]
    moves = person.find('account.move', [*sales, ('state', '=', 'posted')], 'partner_id', 'journal_id', order='id desc', limit=CHECKED)
    drafts = person.create('account.move', *({
        'move_type': 'out_invoice', 'partner_id': move['partner_id'][0], 'journal_id': moves[0]['journal_id'][0], 'invoice_date': str(date.today()),
        'invoice_line_ids': [(0, 0, {'name': "Hire of a trailer", 'account_id': _undecided(person), 'price_unit': 120.0})]} for move in moves[:3]))
    try:
        yield person.call('account.move', 'action_xero_check', [*drafts, *(move['id'] for move in moves)])['res_id']
    finally:
        person.call('account.move', 'unlink', drafts)


@contextmanager
def day_with_problems(person):
    """Post an entry in the journal that is exported by day, with an account that nobody has decided."""
    [journal] = person.find('account.journal', [('xero_mode', '=', 'day')], 'id', limit=1)
    [accrued] = person.find('account.account', [('code', '=', ACCRUED)], 'id')
    entry = person.create('account.move', {
        'move_type': 'entry', 'journal_id': journal['id'], 'date': str(date.today()), 'ref': "Rent of a pitch", 'line_ids': [
            (0, 0, {'account_id': accrued['id'], 'name': "Rent", 'debit': 240.0}),
            (0, 0, {'account_id': _undecided(person), 'name': "Rent", 'credit': 240.0})]})
    person.call('account.move', 'action_post', entry)
    try:
        yield entry[0]
    finally:
        person.call('account.move', 'button_draft', entry)
        person.call('account.move', 'unlink', entry)


@contextmanager
def certificate(person):
    """Take the certificate of this month, if it is not taken yet."""
    connection, month = _connection(person), str(date.today().replace(day=1))
    found = person.find('xero.certificate', [('connection_id', '=', connection), ('month', '=', month)], 'id')
    if found:
        person.call('xero.certificate', 'action_take', [found[0]['id']])
    yield found[0]['id'] if found else person.create('xero.certificate', {'connection_id': connection, 'month': month})[0]


@contextmanager
def lost_access(person):
    """Let a person remove the app in Xero; afterwards, reauthenticate."""
    connection = _connection(person)
    [app] = {row['app_id'][0] for row in person.find('xero.connection', [('id', '=', connection)], 'app_id')}
    [row] = person.find('xero.app', [('id', '=', app)], 'sandbox_url')
    requests.post(f"{row['sandbox_url']}/sandbox/organisations/{HARBOUR.tenant_id}/disconnect", json={}, timeout=TIMEOUT).raise_for_status()
    person.call('xero.connection', 'action_test', [connection])
    try:
        yield connection
    finally:
        person.consent(connection, XERO_LOGIN, HARBOUR.tenant_id, origin='board')
        person.call('xero.consent', 'finish_pending')


@contextmanager
def first_sync(person):
    """Compare this month of an organisation, once."""
    connection = _connection(person)
    found = person.find('xero.first.sync', [('connection_id', '=', connection)], 'id')
    if not found:
        [start] = person.create('xero.first.sync.start', {
            'connection_id': connection, 'date_from': str(date.today().replace(day=1)), 'date_to': str(date.today())})
        found = [{'id': person.call('xero.first.sync.start', 'action_start', [start])['res_id']}]
    yield found[0]['id']


def _undecided(person):
    """Return the identifier of an account that no row of the mapping has decided."""
    decided = [row['account_id'][0] for row in person.find('xero.mapping', [('type', '=', 'account'), ('is_decided', '=', True)], 'account_id')]
    [account] = person.find('account.account', [('account_type', '=', UNDECIDED), ('id', 'not in', decided)], 'id', limit=1)
    return account['id']


def _decided(person):
    """Return the identifier of an account of sales that is decided."""
    rows = person.find('xero.mapping', [('type', '=', 'account'), ('is_decided', '=', True), ('account_id.account_type', '=', 'income')], 'account_id')
    return rows[0]['account_id'][0]


def _connection(person):
    """Return the identifier of the connection of the first site."""
    [row] = person.find('xero.connection', [('organisation_name', '=', HARBOUR.organisation)], 'id', limit=1)
    return row['id']
