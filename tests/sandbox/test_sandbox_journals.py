from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, FINANCE, HARBOUR, HINTERLAND, SandboxCase


@tagged('post_install', '-at_install')
class TestManualJournals(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def journal(self, *amounts, account='850', **values):
        """:return: a good posted journal with a line for each amount; the first is on 404, the others on ``account``"""
        lines = [
            {'LineAmount': amount, 'AccountCode': account if index else '404', 'Description': f'Line {index}'}
            for index, amount in enumerate(amounts or (30, -30))]
        return {'Narration': 'MISC/2026/0001', 'Date': '2026-10-01', 'Status': 'POSTED', 'JournalLines': lines} | values

    def save(self, *amounts, **values):
        return self.assert_saved(self.journal(*amounts, **values), 'ManualJournals')

    def change(self, journal, **values):
        answer = self.api('POST', f"/ManualJournals/{journal['ManualJournalID']}", values)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json['ManualJournals'][0]

    def refusal(self, journal, **values):
        return self.refused('POST', f"/ManualJournals/{journal['ManualJournalID']}", values)

    def test_defaults(self):
        journal = self.save(Status=None, Date=None)
        self.assertEqual((journal['Status'], journal['LineAmountTypes'], journal['StatusAttributeString']), ('DRAFT', 'NoTax', 'OK'))
        self.assertEqual([line['TaxType'] for line in journal['JournalLines']], ['NONE', 'NONE'])
        self.assertNotIn('HasErrors', journal)

    def test_rules(self):
        refused = "Account code '{}' is not a valid code for this document."
        cases = [
            (self.journal(100, -10), 'The total debits (100.00) must equal total credits (-10.00)'),
            (self.journal(Narration=''), 'The Narration field must be specified.'),
            (self.journal(JournalLines=[]), 'A manual journal must have at least two journal lines.'),
            (self.journal(Status='VOIDED'), 'Manual Journal not of valid status for creation'),
            (self.journal(Url='https://xero.example.com'), 'The Url field is not a valid URL.'),
            *((self.journal(account=code), refused.format(code)) for code in ('090', '610', '800', '960', '999')),
        ]
        for journal, message in cases:
            with self.subTest(message=message):
                element = self.put('ManualJournals', journal)[0]
                self.assertIn(message, self.messages(element))
                self.assertNotIn('HasErrors', element)

    def test_tax_counts_for_the_balance(self):
        lines = [
            {'LineAmount': 100, 'AccountCode': '404', 'TaxType': 'INPUT'}, {'LineAmount': -110, 'AccountCode': '850'},
        ]
        journal = self.save(JournalLines=lines, LineAmountTypes='Exclusive')
        self.assertEqual(journal['JournalLines'][0]['TaxAmount'], 10.0)
        self.assertEqual(self.refusal(journal, LineAmountTypes='NoTax'), [
            'The total debits (100.00) must equal total credits (-110.00)'])

    def test_nothing_is_unique(self):
        self.assertNotEqual(self.save()['ManualJournalID'], self.save()['ManualJournalID'])
        again = self.put('ManualJournals', self.journal(), method='POST')[0]
        self.assertEqual(again['StatusAttributeString'], 'OK')
        self.assertEqual(len(self.get('/ManualJournals')['ManualJournals']), 3)

    def test_batch_saves_the_good(self):
        answer = self.api('PUT', '/ManualJournals', {'ManualJournals': [self.journal(), self.journal(1, -2)]})
        self.assertEqual((answer.status_code, len(answer.json['Elements'])), (400, 1))
        told = self.put('ManualJournals', self.journal(), self.journal(1, -2))
        self.assertEqual([row['StatusAttributeString'] for row in told], ['OK', 'ERROR'])
        self.assertEqual(told[1]['ManualJournalID'], '00000000-0000-0000-0000-000000000000')
        self.assertEqual(len(self.get('/ManualJournals')['ManualJournals']), 2)

    def test_change_in_place(self):
        journal = self.save()
        lines = self.journal(45, -40, -5)['JournalLines']
        changed = self.change(journal, JournalLines=lines)
        self.assertEqual([line['LineAmount'] for line in changed['JournalLines']], [45.0, -40.0, -5.0])
        self.assertEqual((changed['ManualJournalID'], changed['Narration']), (journal['ManualJournalID'], 'MISC/2026/0001'))
        self.assertEqual(self.change(journal, Narration='MISC/2026/0002')['JournalLines'][0]['LineAmount'], 45.0)

    def test_status_table(self):
        draft = self.save(Status='DRAFT')
        self.assertEqual(self.refusal(draft, Status='VOIDED'), ['Manual Journal not of valid status for modification'])
        self.assertEqual(self.change(draft, Status='POSTED')['Status'], 'POSTED')
        for status in ('DRAFT', 'DELETED'):
            self.assertEqual(self.refusal(draft, Status=status), ['Manual Journal not of valid status for modification'])
        self.assertEqual(self.change(draft, Status='VOIDED')['Status'], 'VOIDED')
        self.assertEqual(self.refusal(draft, Narration='x'), ['Manual Journal not of valid status for modification'])
        self.assertEqual(self.change(self.save(Status='DRAFT'), Status='DELETED')['Status'], 'DELETED')
        self.assertEqual(self.refusal({'ManualJournalID': HARBOUR}, Status='VOIDED'), [
            'The document with the supplied id was not found for this endpoint.'])

    def test_lock_dates(self):
        self.tenant = HINTERLAND
        message = 'The document date cannot be before the period lock date, currently set at 30-Jun-2025'
        self.assert_refused(self.journal(Date='2025-06-30'), message, 'ManualJournals')
        draft = self.save(Date='2025-06-30', Status='DRAFT')
        self.assertEqual(self.refusal(draft, Status='POSTED'), [message])
        posted = self.save()
        self.client.post(f'/sandbox/organisations/{HINTERLAND}', json={'period_lock_date': '2026-10-31'})
        self.assertIn('31-Oct-2026', self.refusal(posted, Status='VOIDED')[0])

    def test_reading(self):
        first = self.save(JournalLines=[
            {'LineAmount': 5, 'AccountCode': '404', 'Tracking': [{'Name': 'Region', 'Option': 'North'}]},
            {'LineAmount': -5, 'AccountCode': '850'}])
        self.sandbox.clock.advance(5)
        self.save(Narration='MISC/2026/0002')
        listed = self.get('/ManualJournals')['ManualJournals']
        self.assertEqual([('JournalLines' in row, row['Narration']) for row in listed], [
            (False, 'MISC/2026/0001'), (False, 'MISC/2026/0002')])
        self.assertEqual(self.get('/ManualJournals', page=1)['ManualJournals'][0]['JournalLines'][0]['Tracking'][0]['Option'], 'North')
        self.assertEqual(len(self.get(f"/ManualJournals/{first['ManualJournalID']}")['ManualJournals'][0]['JournalLines']), 2)
        for where in ('Narration=="MISC/2026/0001"', 'Narration.StartsWith("MISC/2026/0001")'):
            self.assertEqual([row['ManualJournalID'] for row in self.get('/ManualJournals', where=where)['ManualJournals']], [
                first['ManualJournalID']])
        self.assertEqual(self.api('GET', f'/ManualJournals/{HARBOUR}').status_code, 404)

    def test_scope_and_permission(self):
        self.sandbox.user(FINANCE).rights.discard('reports')
        self.assertEqual(self.api('GET', '/ManualJournals').status_code, 403)
        self.assertEqual(self.api('PUT', '/ManualJournals', self.journal()).json['Detail'], 'AuthorizationUnsuccessful')
        self.sandbox.reset()
        self.log_in()
        self.assertEqual(self.api('GET', '/ManualJournals').status_code, 401)
