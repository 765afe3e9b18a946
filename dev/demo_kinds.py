"""One of each kind: what is exported besides invoices and bills, how it is changed and how it is undone."""
import base64
from decimal import Decimal

from .demo_books import CUSTOMERS, HARBOUR, VENDORS, first_of_month
from .demo_payments import Payments

XERO_LOGIN = 'finance@example.com'
WAGES, ACCRUED = '62430', '21410'
LEDGER_DECISIONS = {WAGES: '477', ACCRUED: '814'}   # account in Odoo → account in Xero
CUSTOMER, VENDOR = CUSTOMERS[5], VENDORS[3]
A_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class EveryKind(Payments):
    """Chapters at one of the two organisations."""

    def every_kind(self):
        self.ask_for_more()
        self.allocate()
        self.pay()
        self.keep_the_ledger()
        self.attach()
        self.undo()
        self.show_kinds()

    # === MORE PERMISSIONS === #

    def ask_for_more(self):
        told, invoice_admin, connection = self.told, self.admins[0], self.connections[HARBOUR]
        told.chapter("Files, notes, manual journals and payments are switched on")
        invoice_admin.write('xero.connection', [connection], {'attachment_policy': 'all', 'sends_note': True})
        [general] = self.administrator.find('account.journal', [('type', '=', 'general'), ('code', '=', 'MISC')], 'id', 'name')
        [payroll] = self.administrator.create('account.journal', {'name': "Payroll", 'code': 'PAY', 'type': 'general'})
        for journal, mode in ((general['id'], 'day'), (payroll, 'entry')):
            self.administrator.write('account.journal', [journal], {'xero_connection_id': connection, 'xero_mode': mode})
        self.journals = {'day': general['id'], 'entry': payroll}
        bank = self.exchange_payments()
        told.say(
            f"{general['name']} is exported as one manual journal per day, Payroll entry by entry. Payments in the journal "
            f"{bank} are sent too. Journals, files and payments need permissions that the consent does not cover yet.")
        missing = self._connection_says('missing_scopes')
        told.expect(
            "The connection names the missing permissions", all(name in missing for name in ('attachments', 'journals', 'payments')), missing)
        invoice_admin.consent(connection, XERO_LOGIN, HARBOUR.tenant_id, origin='board')
        told.say("An invoice admin reauthenticates. Xero asks only for those permissions.")
        told.expect_equal("No permission is missing now", self._connection_says('missing_scopes'), False)

    def _connection_says(self, name):
        return self.admins[0].call('xero.connection', 'read', [self.connections[HARBOUR]], [name])[0][name] or False

    # === ALLOCATION === #

    def allocate(self):
        told = self.told
        told.chapter("A credit note is allocated to an invoice")
        invoice, credit = self._post([
            self.books.sale_of(HARBOUR, 'out_invoice', CUSTOMER, 3), self.books.sale_of(HARBOUR, 'out_refund', CUSTOMER, 1)])
        self._wait_for([invoice, credit])
        [line] = self.clerk.find('account.move.line', [('move_id', '=', credit), ('display_type', '=', 'payment_term')], 'id')
        self.clerk.call('account.move', 'js_assign_outstanding_line', [invoice], line['id'])
        told.say("The billing user opens the invoice and presses Add beside the outstanding credit.")
        allocation = self._until(lambda: self._one('allocation', 'synced'), "allocating")
        told.expect_equal("Xero has allocated the amount", self._allocated(credit), Decimal(str(allocation['amount_total'])))
        self.allocated = {'invoice': invoice, 'credit': credit}

    def _one(self, kind, state):
        return next((row for row in self._exports(state=state) if row['kind'] == kind), None)

    def _allocated(self, credit):
        """Return how much of a credit note is allocated in Xero."""
        [export] = self._exports([credit])
        return Decimal(str(self.xero.held(HARBOUR.tenant_id)[export['xero_id']]['AmountCredited']))

    # === LEDGER === #

    def keep_the_ledger(self):
        told = self.told
        told.chapter("The general ledger: a day as one manual journal, and a single entry")
        self._entries((self.journals['day'], 812.40), (self.journals['day'], 96.15))
        day = self._until(lambda: self._one('journal_day', 'waiting'), "queueing the day")
        told.say(
            f"Two wage accruals are posted. The day waits: {day['wait_reason'].lower()}. An accountant does not want to wait and presses "
            "Post day to Xero…")
        dialog = self._post_day()
        told.table(("Entries", "Wrong with the accounts"), [(row['entry_count'], row['message']) for row in dialog['reasons']], right=(0,))
        told.expect_equal("Nothing was sent; each account is listed once", len(dialog['reasons']), len(LEDGER_DECISIONS))
        for code, target in LEDGER_DECISIONS.items():
            self._decide_account(code, target)
        told.say("The accounts are decided in the mapping. The accountant presses Post again.")
        self._post_day()
        self._until(lambda: self._one('journal_day', 'synced'), "posting the day")
        first = self._day_in_xero()
        told.expect_equal("Xero has one manual journal for the day; each account has one line with the sum of both entries", (len(self._journals()), first), (
            1, [Decimal('-908.55'), Decimal('908.55')]))
        self._entries((self.journals['day'], 41.45))
        told.say("A third accrual is posted late. The day is posted again:")
        self._post_day()
        self._until(lambda: self._day_in_xero() not in (first, []), "posting the day again")
        told.expect_equal("The same manual journal was changed; there is no second one", (len(self._journals()), self._day_in_xero()), (
            1, [Decimal('-950.00'), Decimal('950.00')]))
        [payroll] = self._entries((self.journals['entry'], 5230.00))
        self._wait_for([payroll])
        told.expect_equal("The payroll entry was sent automatically, as a manual journal of its own", (
            self._exports([payroll])[0]['state'], len(self._journals())), ('synced', 2))

    def _entries(self, *entries):
        """Post wage accruals: pairs of journal and amount. Return their ids."""
        accountant, accounts = self.admins[0], self._accounts()
        moves = accountant.create('account.move', *({
            'move_type': 'entry', 'journal_id': journal, 'date': str(first_of_month()), 'ref': "Wages of the week", 'line_ids': [
                (0, 0, {'account_id': accounts[WAGES], 'name': "Wages", 'debit': amount}),
                (0, 0, {'account_id': accounts[ACCRUED], 'name': "Wages not paid yet", 'credit': amount})]} for journal, amount in entries))
        accountant.call('account.move', 'action_post', moves)
        return moves

    def _accounts(self):
        return {row['code']: row['id'] for row in self.admins[0].find('account.account', [('code', 'in', list(LEDGER_DECISIONS))], 'code')}

    def _post_day(self):
        """Post the first of the month in the dialog. Return the problems that the dialog lists."""
        accountant, day = self.admins[0], str(first_of_month())
        [post] = accountant.create('xero.post.day', {'journal_ids': [(6, 0, [self.journals['day']])], 'date_from': day, 'date_to': day})
        accountant.call('xero.post.day', 'action_post', [post])
        return {'reasons': accountant.find('xero.post.day.reason', [('post_id', '=', post)], 'message', 'entry_count')}

    def _decide_account(self, code, target):
        accountant, connection = self.admins[0], self.connections[HARBOUR]
        [mapping] = accountant.find('xero.mapping', [('connection_id', '=', connection), ('account_id', '=', self._accounts()[code])], 'id')
        [account] = accountant.find('xero.account', [('connection_id', '=', connection), ('code', '=', target)], 'id')
        accountant.write('xero.mapping', [mapping['id']], {'xero_account_id': account['id']})

    def _journals(self):
        """Return the manual journals that Xero holds."""
        return [row for row in self.xero.rows(HARBOUR.tenant_id, 'ManualJournals') if row['Status'] == 'POSTED']

    def _day_in_xero(self):
        export = self._one('journal_day', 'synced')
        [journal] = [row for row in self._journals() if export and row['ManualJournalID'] == export['xero_id']] or [{'JournalLines': []}]
        return sorted(Decimal(str(line['LineAmount'])) for line in journal['JournalLines'])

    # === FILES === #

    def attach(self):
        told = self.told
        told.chapter("A bill with its scan")
        [bill] = self._post([self.books.purchase_of(HARBOUR, VENDOR)])
        self.clerk.create('ir.attachment', {
            'name': "Invoice #77/A.pdf", 'res_model': 'account.move', 'res_id': bill, 'datas': base64.b64encode(A_PDF).decode(), 'mimetype': 'application/pdf'})
        self._wait_for([bill])
        [export] = self._exports([bill])
        extras = self._until(lambda: self._extras(export, done=2), "sending the file and the note", lambda: self._extras(export))
        told.table(("Attached to the bill in Xero", "State", "Name or text"), [(row['sort'], row['state'], row['name']) for row in extras])
        told.expect_equal("The scan and one note are in Xero without another click", sorted(row['sort'] for row in extras), ['attachment', 'note'])

    def _extras(self, export, done=0):
        rows = self.clerk.find('xero.extra', [('export_id', '=', export['id'])], 'sort', 'name', 'state', 'message', order='id')
        return rows if sum(row['state'] == 'done' for row in rows) >= done else None

    # === UNDO === #

    def undo(self):
        told = self.told
        told.chapter("What is undone in Odoo is undone in Xero")
        invoice = self.allocated['invoice']
        [export] = self._exports([invoice])
        self.clerk.call('account.move', 'button_draft', [invoice])
        self.clerk.call('account.move', 'button_cancel', [invoice])
        told.say("The billing user resets the credited invoice to draft and cancels it. This undoes the reconciliation.")
        self._until(lambda: self._status(export) == 'VOIDED', "voiding", lambda: self._exports([invoice]))
        told.expect_equal("In Xero the allocation is removed and the invoice is voided", self._allocated(self.allocated['credit']), Decimal(0))
        held = self.xero.held(HARBOUR.tenant_id)[export['xero_id']]
        told.expect("Its number is free, so Odoo can use it again", held['InvoiceNumber'] != export['xero_number'], held['InvoiceNumber'])

    def _status(self, export):
        return self.xero.held(HARBOUR.tenant_id)[export['xero_id']]['Status']

    def show_kinds(self):
        """Print one of each kind, as the list of exports shows them."""
        told = self.told
        told.chapter("One of each kind")
        names = dict(self.clerk.call('xero.export', 'fields_get', ['kind'], ['selection'])['kind']['selection'])
        latest = {row['kind']: row for row in self._exports() if row['state'] == 'synced'}
        told.table(("Kind", "Document", "Total", "In Xero as"), [
            (names[kind], row['document_name'], f"{row['amount_total']:,.2f}", row['xero_number']) for kind, row in sorted(latest.items())], right=(2,))
        told.expect_equal("Every kind is in Xero", set(latest), set(names))
