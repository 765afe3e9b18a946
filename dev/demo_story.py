"""The main job, played from outside: people press buttons in Odoo and Xero, scheduled actions do the rest, and each result is checked."""
import json
import re
from collections import Counter, defaultdict
from decimal import Decimal

from .demo_beside import Beside
from .demo_books import (
    COMPANY,
    DECISIONS,
    FORGOTTEN_ACCOUNT,
    FREIGHT_INCOME,
    HARBOUR,
    HINTERLAND,
    ITS_DECISION,
    NAMED,
    NAMELESS,
    SITES,
    Books,
    first_of_month,
    last_month,
)
from .demo_company import Company
from .demo_differences import Differences
from .demo_kinds import EveryKind
from .demo_payment import Payments
from .demo_status import SyncStatus
from .demo_webhook import Webhooks

XERO_LOGIN = 'finance@example.com'


class Story(EveryKind, Payments, SyncStatus, Webhooks, Differences, Beside):
    """The chapters, in order."""

    def tell(self):
        for chapter in (
            self.found_company, self.connect, self.first_documents, self.the_month, self.read_status, self.fix_three, self.lose_organisation,
            self.reauthenticate, self.compare, self.every_kind, self.pay_in_xero, self.set_up_webhook,
            self.settle_difference,
            self.online_invoice, self.custom_connection, self.read_log,
        ):
            chapter()

    def found_company(self):
        told = self.told
        told.chapter("A company with two sites")
        company = Company(self.odoo)
        self.administrator, self.clerk, self.admins, self.ids = company.administrator, company.clerk, company.admins, company.ids
        self.books = Books(company.ids)
        told.say(f"{COMPANY}: Australian chart of accounts, for each of its two sites a journal for sales and one for purchases.")
        told.say("A billing user posts documents. Two invoice admins are responsible for Xero.")

    # === CONNECT === #

    def connect(self):
        told, invoice_admin = self.told, self.admins[0]
        told.chapter("Two organisations are connected")
        # Only the administrator may set the address of the sandbox
        [app] = self.administrator.create('xero.app', {
            'name': "Xero", 'client_id': self.xero.CLIENT_ID, 'client_secret': self.xero.CLIENT_SECRET, 'environment': 'sandbox',
            'sandbox_url': self.xero.url})
        # As in many companies: last month is locked before the connection is made
        self.xero.close_books(HINTERLAND.tenant_id, last_month())
        for site in SITES:
            [connection] = invoice_admin.create('xero.connection', {
                'name': site.name, 'app_id': app, 'export_start_date': str(last_month().replace(day=1))})
            self.connections[site] = connection
            self._connect(site, connection)
        rows = [self._connection_row(site) for site in SITES]
        told.table(("Connection", "Organisation in Xero", "Status", "Accounts", "Tax rates", "Journals"), rows, right=(3, 4))
        [first, *others] = invoice_admin.find('xero.connection', [], 'organisation_name', 'status', order='id')
        told.expect_equal("Both are connected, each with the organisation that was chosen", [
            (row['organisation_name'], row['status']) for row in (first, *others)], [(site.organisation, 'connected') for site in SITES])

    def _connect(self, site, connection):
        invoice_admin = self.admins[0]
        page = invoice_admin.consent(connection, XERO_LOGIN, site.tenant_id)
        [consent] = invoice_admin.find('xero.consent', [('connection_id', '=', connection), ('state', '=', 'ready')], 'organisation_id', 'email')
        self.told.say(
            f"{site.name}: Connect → log in to Xero as {consent['email']} → {consent['organisation_id'][1]} → Allow access → reviewed, saved.")
        self.told.expect("Xero sends the person back to the review page", str(consent['id']) in page, page)
        invoice_admin.call('xero.consent', 'action_save', [consent['id']])
        journals = [self.ids['journal', site.code + letter] for letter in 'SB']
        self.administrator.write('account.journal', journals, {'xero_connection_id': connection})
        self._until(lambda: 'contacts' in (self._connection(site, 'reference_read_at')['reference_read_at'] or {}), "reading the reference data")

    def _connection(self, site, *names):
        return self.admins[0].call('xero.connection', 'read', [self.connections[site]], list(names))[0]

    def _connection_row(self, site):
        connection = self._connection(site, 'name', 'organisation_name', 'status')
        counts = [
            self.admins[0].call(model, 'search_count', [('connection_id', '=', self.connections[site])]) for model in ('xero.account', 'xero.tax.rate')]
        return connection['name'], connection['organisation_name'], connection['status'], *counts, f'{site.code}S, {site.code}B'

    # === FIRST DOCUMENTS === #

    def first_documents(self):
        told = self.told
        told.chapter("The first four documents: nothing is guessed")
        moves = self._post([vals for site in SITES for vals in self.books.opening(site)])
        self._wait_for(moves)
        told.say("Odoo's Australian account codes have five digits, Xero's three: no account has an equal code.")
        states = Counter((row['state'], row['cause']) for row in self._exports(moves))
        told.expect_equal("All four fail before any call, because accounts are not decided", states, Counter({('failed', 'account'): 4}))
        told.say("So an invoice admin decides, as an accountant would, under Xero ▸ Mapping:")
        decided = [self._decide(site) for site in SITES]
        told.table(("In Odoo", "In Xero", "Decided"), decided[0])
        told.say(f"{len(decided[0])} decisions for {HARBOUR.name}, and the same for {HINTERLAND.name}. The last decision sends the documents.")
        self._wait_for(moves)
        states = Counter(row['state'] for row in self._exports(moves))
        told.expect_equal("All four are in Xero without another click", states, Counter(synced=4))
        taxes = self.admins[0].find('xero.mapping', [('type', '=', 'tax'), ('decided_by', '=', 'default_table')], 'source_name')
        told.expect("The taxes of the chart were decided by its default table", len(taxes) >= 2 * len(SITES), taxes)

    def _decide(self, site):
        """Decide the mappings for which documents wait. Return the decisions as texts."""
        invoice_admin, connection, rows = self.admins[0], self.connections[site], []
        undecided = [row for row in invoice_admin.find(
            'xero.mapping', [('connection_id', '=', connection), ('is_decided', '=', False)],
            'type', 'source_name', 'account_id', 'waiting_count', order='type, source_name') if row['waiting_count']]
        code_by_id = {account_id: code for (kind, code), account_id in self.ids.items() if kind == 'account'}
        for mapping in undecided:
            if mapping['type'] == 'account':
                code = {**DECISIONS, FORGOTTEN_ACCOUNT: ITS_DECISION}[code_by_id[mapping['account_id'][0]]]
                field, model, domain = 'xero_account_id', 'xero.account', [('code', '=', code)]
            else:
                field, model, domain = 'xero_tax_rate_id', 'xero.tax.rate', [('tax_type', '=', 'OUTPUT')]
            [target] = invoice_admin.find(model, [('connection_id', '=', connection), *domain], 'display_name')
            invoice_admin.write('xero.mapping', [mapping['id']], {field: target['id']})
            [decision] = invoice_admin.call('xero.mapping', 'read', [mapping['id']], ['decision'])
            rows.append((mapping['source_name'], target['display_name'], decision['decision']))
        return rows

    # === THE MONTH === #

    def the_month(self):
        told, books = self.told, self.books
        told.chapter("Fifty more: the invoices and bills of the month")
        number = self._take_number()
        documents = [*books.month(HARBOUR, 14, 7), *books.counter_sales(HARBOUR), *books.month(HINTERLAND, 11, 6)]
        faulty = {
            'tax': books.freight_on_expense(HARBOUR), 'contact': books.nameless(HARBOUR),
            'account': books.forgotten_account(HINTERLAND), 'date': books.in_locked_month(HINTERLAND),
        }
        moves = self._post([*documents, *faulty.values()])
        self.failing = dict(zip(faulty, moves[-len(faulty):]))
        [taken] = self.clerk.find('account.move', [('name', '=', number)], 'id')
        self.failing['number'] = taken['id']
        told.say(f"{len(moves)} documents posted by the billing user: invoices, bills, credit notes and receipts of both sites, in three currencies.")
        self._wait_for()
        self._show()
        told.expect_equal("54 documents have an outcome", len(self._exports()), 54)
        self._expect_states(synced=49, failed=5)
        causes = {row['cause']: row['move_id'][0] for row in self._exports(state='failed')}
        told.expect_equal("The five documents with built-in faults failed, each with its own cause", causes, self.failing)

    def _take_number(self):
        """Let another program save an invoice in Xero with a number that Odoo will use. Return the number."""
        [last] = self.clerk.find(
            'account.move', [('journal_id', '=', self.ids['journal', 'HBS']), ('state', '=', 'posted')], 'name', limit=1, order='id desc')
        digits = re.search(r'\d+$', last['name'])[0]
        number = last['name'].removesuffix(digits) + str(int(digits) + 5).zfill(len(digits))
        self.xero.save_from_elsewhere(HARBOUR.tenant_id, {
            'Type': 'ACCREC', 'Status': 'AUTHORISED', 'InvoiceNumber': number, 'Contact': {'Name': "Walk-in customer"},
            'Date': str(first_of_month()), 'DueDate': str(first_of_month()),
            'LineItems': [{'Description': "Online shop", 'Quantity': 1, 'UnitAmount': 20, 'AccountCode': '200', 'TaxType': 'OUTPUT'}]})
        self.told.say(f"Meanwhile an online shop has saved an invoice {number} in {HARBOUR.organisation}. Odoo will use that number too.")
        return number

    def _show(self):
        """Print the number of exports in each state, and the reasons of the failed ones."""
        rows = []
        exports = self._exports()
        for site in SITES:
            mine = [row for row in exports if row['connection_id'][0] == self.connections[site]]
            states, types = Counter(row['state'] for row in mine), Counter(row['kind'] for row in mine)
            rows.append((
                site.organisation, states['synced'], states['failed'], sum(states.values()) - states['synced'] - states['failed'],
                f"{types['sale_invoice']} sales, {types['bill']} purchases, {types['sale_credit'] + types['bill_credit']} credit notes"))
        self.told.table(("", "Synced", "Failed", "Waiting", "Documents"), rows, right=(1, 2, 3))
        failed = [row for row in exports if row['state'] == 'failed']
        if failed:
            self.told.table(("Failed", "Partner", "Cause", "Reason"), [
                (row['document_name'], row['partner_id'][1], row['cause'], row['message']) for row in failed])

    # === FIX === #

    def fix_three(self):
        told = self.told
        told.chapter("Three of the five are fixed")
        told.say("Account: an invoice admin decides the forgotten account. Saving the decision sends the invoice.")
        told.table(("In Odoo", "In Xero", "Decided"), self._decide(HINTERLAND))
        told.say(f"Contact: the billing user names the partner “{NAMED}” and presses Resync.")
        self.clerk.write('res.partner', [self.ids['partner', NAMELESS]], {'name': NAMED})
        self._resync(self.failing['contact'])
        told.say("Tax: the billing user resets the invoice to draft, books the freight on Freight Income and confirms it again.")
        self._correct_freight(self.failing['tax'])
        self._wait_for()
        self._show()
        self._expect_states(synced=52, failed=2)
        told.expect_equal("The two others are still failed", {row['cause'] for row in self._exports(state='failed')}, {'number', 'date'})

    def _resync(self, move_id):
        [export] = self._exports([move_id])
        dialog = self.clerk.call('xero.export', 'action_resync', [export['id']])
        progress = self._until(lambda: self._progress(dialog), "following the resync")
        self.told.expect_equal(f"The dialog shows the progress: 1 of {progress['total']} in Xero", progress['synced'], 1)

    def _progress(self, dialog):
        progress = self.clerk.call('xero.export', 'get_progress', dialog['params']['export_ids'])
        return progress if progress['finished'] else None

    def _correct_freight(self, move_id):
        self.clerk.call('account.move', 'button_draft', [move_id])
        [line] = self.clerk.find('account.move.line', [('move_id', '=', move_id), ('name', '=', "Freight passed on")], 'id')
        self.clerk.write('account.move', [move_id], {'invoice_line_ids': [(1, line['id'], {'account_id': self.ids['account', FREIGHT_INCOME]})]})
        self.clerk.call('account.move', 'action_post', [move_id])

    # === AN ORGANISATION IS LOST === #

    def lose_organisation(self):
        told = self.told
        told.chapter(f"{HINTERLAND.organisation} is disconnected in Xero")
        self.xero.disconnect(HINTERLAND.tenant_id)
        told.say("A person removes the app in Xero. Xero does not notify Odoo. Six more documents are posted: four for that organisation, two for the other.")
        moves = self._post(self.books.during_outage())
        self._wait_for(moves)
        self._run_token_check()
        told.say("The token check runs:")
        connection = self._connection(HINTERLAND, 'status', 'status_reason')
        told.table(("Connection", "Status", "Why"), [(HINTERLAND.name, connection['status'], connection['status_reason'])])
        told.expect_equal(f"{HINTERLAND.name} must be reauthenticated", connection['status'], 'reauthenticate')
        told.expect_equal(f"{HARBOUR.name} is not affected", self._connection(HARBOUR, 'status')['status'], 'connected')
        states = Counter((row['connection_id'][0], row['state'], row['cause']) for row in self._exports(moves))
        told.expect_equal("The two others were sent, the four failed because of the connection", states, Counter({
            (self.connections[HARBOUR], 'synced', False): 2, (self.connections[HINTERLAND], 'failed', 'connection'): 4}))
        self.outage_moves = moves
        activities = self._activities()
        told.table(("Who", "What", "On", "Until"), [
            (row['user_id'][1], row['activity_type_id'][1], row['res_name'], row['date_deadline']) for row in activities])
        told.expect_equal("Each invoice admin has one task, due today; nobody else has one", Counter(row['user_id'][0] for row in activities), Counter(
            person.user_id for person in (self.administrator, *self.admins)))

    def _run_token_check(self):
        """Press *Run Manually* on the scheduled action."""
        self.administrator.call('ir.cron', 'method_direct_trigger', [self.administrator.ref('account_xero.ir_cron_check_tokens')])

    def _activities(self):
        reauthenticate = self.administrator.ref('account_xero.mail_activity_type_xero_reauthenticate')
        return self.administrator.find(
            'mail.activity', [('activity_type_id', '=', reauthenticate)], 'user_id', 'activity_type_id', 'res_name', 'date_deadline', order='user_id')

    def reauthenticate(self):
        told, invoice_admin = self.told, self.admins[1]
        told.chapter("The second invoice admin reauthenticates")
        page = invoice_admin.consent(self.connections[HINTERLAND], XERO_LOGIN, HINTERLAND.tenant_id, origin='board')
        told.say("Clock icon → Xero connections → Reauthenticate → Xero → Allow access → back on the same page.")
        outcome = invoice_admin.call('xero.consent', 'finish_pending')
        for result in outcome['results']:
            told.say(f"Odoo says: “{result['message']}”")
        told.expect("Back on the page of all connections, with a success and no other connection to restore", (
            page.endswith('xero_connection_action') and [result['ok'] for result in outcome['results']] == [True] and not outcome['broken']), (page, outcome))
        told.expect_equal("The tasks of all three invoice admins are closed", self._activities(), [])
        self._wait_for(self.outage_moves)
        self._show()
        self._expect_states(synced=58, failed=2)
        notes = self.administrator.find('mail.message', [('model', '=', 'xero.connection'), ('body', 'ilike', 'Connection restored')], 'body')
        told.expect("The history of the connection says that four documents waited", len(notes) == 1 and '4 documents waited' in notes[0]['body'], notes)

    # === COMPARE === #

    def compare(self):
        told = self.told
        told.chapter("What is in Xero")
        rows = []
        for site in SITES:
            ours = {row['xero_id']: row for row in self._exports(state='synced') if row['connection_id'][0] == self.connections[site]}
            held = self.xero.held(site.tenant_id)
            mine = {xero_id: document for xero_id, document in held.items() if xero_id in ours}
            others_count = len(held) - len(mine)
            told.expect_equal(f"{site.organisation}: every synced document is in Xero", mine.keys(), ours.keys())
            told.expect_equal("  and no other document from Odoo", others_count, 1 if site == HARBOUR else 0)
            unequal = [row['document_name'] for xero_id, row in ours.items() if xero_id in mine and not self._is_same(row, mine[xero_id])]
            told.expect_equal("  number, total and currency the same, one by one", unequal, [])
            rows += self._totals(site, ours, mine)
            sent = self._sent(site)
            told.expect_equal("  and none was sent twice", {key: times for key, times in sent.items() if times > 1}, {})
        told.table(("Organisation", "Currency", "Documents", "Total in Odoo", "Total in Xero", ""), rows, right=(2, 3, 4))
        links = {row['kind']: row for row in self._exports(state='synced')}
        dead = [row['xero_url'] for row in links.values() if not self.xero.shows(row['xero_url'], row['xero_number'])]
        told.expect("The links of an invoice, a bill and both kinds of credit notes open the document in Xero", len(links) == 4 and not dead, (links, dead))
        posted = self.clerk.call('account.move', 'search_count', [('move_type', '!=', 'entry'), ('state', '=', 'posted')])
        told.expect_equal("60 documents are posted, and 60 have an export that shows their state", (posted, len(self._exports())), (60, 60))
        told.say(f"All of this took {self.xero.calls()} calls of Xero's Accounting API.")

    @staticmethod
    def _is_same(export, document):
        number = document.get('InvoiceNumber') or document.get('CreditNoteNumber')
        return (number, Decimal(str(document['Total'])), document['CurrencyCode']) == (
            export['xero_number'], Decimal(str(export['amount_total'])), export['currency_id'][1])

    @staticmethod
    def _totals(site, ours, held):
        sums = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
        for xero_id, export in ours.items():
            line = sums[export['currency_id'][1]]
            line[0] += 1
            line[1] += Decimal(str(export['amount_total']))
            line[2] += Decimal(str(held[xero_id]['Total'])) if xero_id in held else 0
        return [
            (site.organisation, currency, count, f'{odoo:,.2f}', f'{xero:,.2f}', "equal" if odoo == xero else "NOT EQUAL")
            for currency, (count, odoo, xero) in sorted(sums.items())]

    def _sent(self, site):
        """Return how often each document was in a request that Xero accepted."""
        sent = Counter()
        for call in self.xero.written(site.tenant_id):
            for element in next(iter(json.loads(call['body']).values())):
                sent[element['Type'], element.get('InvoiceNumber') or element.get('CreditNoteNumber')] += 1
        return sent

    def read_log(self):
        """Look for warnings and errors in Odoo's logs. One warning is expected: the lost organisation."""
        self.told.chapter("Odoo's log")
        lines = [
            line for log in self.logs for line in re.findall(r'^\S+ \S+ \d+ (?:WARNING|ERROR|CRITICAL) .*$', log.read_text(), re.MULTILINE)]
        lost = [line for line in lines if re.search(r'Xero connection \d+ has to be reauthenticated', line)]
        self.told.expect_equal("There is one warning: the organisation that was lost", len(lost), 1)
        others = [line for line in lines if line not in lost]
        self.told.expect("There is no other warning and no error", not others, '\n'.join(others))
