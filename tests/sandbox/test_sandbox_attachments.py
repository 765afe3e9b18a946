from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, HARBOUR, SCOPE, SandboxCase

PDF = b'%PDF-1.7 \xff a visible fake'


class OwnerCase(SandboxCase):
    """``self.owners``: the path of one of each thing that files and notes can hang on."""

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)
        invoice = self.assert_saved(self.invoice())
        credit = self.assert_saved(self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None), 'CreditNotes')
        journal = self.assert_saved({'Narration': 'N', 'JournalLines': [
            {'LineAmount': amount, 'AccountCode': '404'} for amount in (1, -1)]}, 'ManualJournals')
        self.owners = {
            'Invoices': f"/Invoices/{invoice['InvoiceID']}", 'CreditNotes': f"/CreditNotes/{credit['CreditNoteID']}",
            'ManualJournals': f"/ManualJournals/{journal['ManualJournalID']}", 'Contacts': f"/Contacts/{invoice['Contact']['ContactID']}",
        }
        self.path = self.owners['Invoices']


@tagged('post_install', '-at_install')
class TestAttachments(OwnerCase):

    def attach(self, path, name, content=PDF, method='PUT', **query):
        return self.api(method, f'{path}/Attachments/{name}', content, {'Content-Type': 'application/pdf'}, **query)

    def attached(self, *arguments, **query):
        answer = self.attach(*arguments, **query)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json['Attachments'][0]

    def test_types_that_are_not_supported(self):
        for name in ('scan', 'setup.exe', 'invoice.xml', 'photo.heic'):
            self.assertEqual(self.refusal(self.path, name), ["The file couldn't be uploaded because it isn't a supported file type."])

    def refusal(self, *arguments, **query):
        answer = self.attach(*arguments, **query)
        self.assertEqual(answer.status_code, 400)
        return self.messages(answer.json['Elements'][0])

    def test_there_and_back(self):
        for collection, path in self.owners.items():
            with self.subTest(collection=collection):
                self.assertIs(self.get(path)[collection][0]['HasAttachments'], False)
                made = self.attached(path, 'Invoice 1 [copy] ü.pdf')
                self.assertEqual((made['FileName'], made['MimeType'], made['ContentLength'], made['IncludeOnline']), (
                    'Invoice 1 [copy] ü.pdf', 'application/pdf', len(PDF), False))
                self.assertEqual(self.get(f'{path}/Attachments')['Attachments'], [made])
                for key in (made['AttachmentID'], made['FileName']):
                    self.assertEqual(self.api('GET', f'{path}/Attachments/{key}').get_data(), PDF)
                self.assertIs(self.get(path)[collection][0]['HasAttachments'], True)
        self.assertEqual(self.api('GET', f'{path}/Attachments/other.pdf').status_code, 404)
        self.assertEqual(self.attach(f'/Invoices/{HARBOUR}', 'a.pdf').status_code, 404)

    def test_same_name_overwrites(self):
        first = self.attached(self.path, 'a.pdf')
        second = self.attached(self.path, 'A.pdf', PDF * 2, 'POST')
        self.assertEqual((second['AttachmentID'], second['ContentLength']), (first['AttachmentID'], 2 * len(PDF)))
        self.assertEqual(len(self.get(f'{self.path}/Attachments')['Attachments']), 1)

    def test_online_is_for_sales(self):
        bill = self.assert_saved(self.invoice('B', Type='ACCPAY'))
        online = {path: self.attached(path, 'a.pdf', IncludeOnline='true')['IncludeOnline'] for path in (
            self.path, self.owners['CreditNotes'], f"/Invoices/{bill['InvoiceID']}")}
        self.assertEqual(list(online.values()), [True, True, False])

    def test_limits(self):
        for name in ('a%3Ab.pdf', 'a+b.pdf', 'a%3Fb.pdf', 'a%2Fb.pdf', 'a%3Cb.pdf', 'a%00b.pdf'):
            with self.subTest(name=name):
                self.assertEqual(self.refusal(self.path, name), ['The file name contains characters that are not allowed.'])
        self.assertEqual(self.refusal(self.path, 'a.pdf', b''), ['The file is empty.'])
        large = b'x' * (3 * 1024 * 1024 + 1)
        self.assertEqual(self.refusal(self.owners['ManualJournals'], 'a.pdf', large), ['The file is larger than 3 MB.'])
        self.attached(self.path, 'large.pdf', large)
        for number in range(9):
            self.attached(self.path, f'{number}.pdf')
        self.assertEqual(self.refusal(self.path, 'eleventh.pdf'), ['A maximum of 10 files can be attached.'])
        self.attached(self.path, '0.pdf')

    def test_scope_and_log(self):
        self.attached(self.path, 'a.pdf')
        self.assertEqual(self.sandbox.requests[-1]['body'], '')
        self.sandbox.granted_scopes.clear()
        self.log_in(scope=SCOPE)
        self.assertEqual(self.attach(self.path, 'b.pdf').status_code, 401)


@tagged('post_install', '-at_install')
class TestHistory(OwnerCase):

    def test_notes(self):
        for collection, path in self.owners.items():
            with self.subTest(collection=collection):
                body = {'HistoryRecords': [{'Details': 'Exported from Odoo'}]}
                answer = self.api('PUT', f'{path}/History', body)
                self.assertEqual(answer.status_code, 200, answer.text)
                record = self.get(f'{path}/History')['HistoryRecords'][0]
                self.assertEqual((record['Details'], record['Changes']), ('Exported from Odoo', 'Note'))

    def test_rules(self):
        path = f'{self.path}/History'
        self.assertEqual(self.refused('PUT', path, {'HistoryRecords': [{'Details': 'x' * 2501}]}), [
            'The Details field exceeds the maximum length of 2500 characters.'])
        self.assertEqual(self.refused('PUT', path, {'HistoryRecords': [{}]}), ['The Details field must be specified.'])
        self.assertEqual(self.api('POST', path, {}).status_code, 501)
        self.assertEqual(self.get(path)['HistoryRecords'], [])
