from odoo import fields, sql_db
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import HARBOUR
from .extras_common import API, XeroExtrasCase


@tagged('post_install', '-at_install')
class TestFiles(XeroExtrasCase):
    """Files of documents are sent to Xero by policy, each once."""

    def test_off_by_default(self):
        move = self.document()
        self.print_pdf(move)
        self.run_slice(self.connection, times=2)
        self.assertFalse(self.sent('Attachments') + self.sent('History') + self.calls('GET', f'{API}/Invoices'))
        self.assertFalse(self.extras(move))
        self.assertNotIn('accounting.attachments', self.connection._wanted_scopes())

    def test_pdf_of_invoices_and_scan_of_bills(self):
        self.permit('main')
        invoice, credit, bill = self.document(), self.document('out_refund'), self.document('in_invoice', ref='B-1')
        scan = self.attach(bill, "scan of bill.jpg", b'\xff\xd8 picture', mimetype='image/jpeg')
        bill.message_main_attachment_id = scan
        for move in (invoice, credit, bill):
            self.attach(move, "calculation.xlsx")
        pdf, credit_pdf = self.print_pdf(invoice), self.print_pdf(credit, b'%PDF credit')
        self.run_slice(self.connection)
        for move, file in ((invoice, pdf), (credit, credit_pdf), (bill, scan)):
            [held] = self.files_of(move).values()
            self.assertEqual(
                (held['FileName'], held['MimeType'], held['_content'], held['IncludeOnline']), (file.name, file.mimetype, file.raw, False))
            self.assertRecordValues(self.extras(move), [{'state': 'done', 'xero_id': held['AttachmentID'], 'attachment_id': file.id}])
        self.sandbox.requests.clear()
        self.sweep()
        self.assertFalse(self.calls(path=API))

    def test_all_files(self):
        self.permit('all')
        move = self.document()
        self.attach(move, "one.pdf")
        self.attach(move, "two.txt", b'text')
        self.attach(move, "link", raw=False, type='url', url='https://example.com')
        self.attach(move, "data.xml", res_field='ubl_cii_xml_file')
        self.print_pdf(move)
        self.run_slice(self.connection)
        self.assertEqual(set(self.files_of(move)), {"one.pdf", "two.txt", f"{move.name.replace('/', '_')}.pdf"})

    def test_pdf_that_is_made_later_goes_then(self):
        self.permit('main')
        move, _export = self.synced()
        self.assertFalse(self.files_of(move))
        self.print_pdf(move)
        self.run_slice(self.connection)
        self.assertEqual(len(self.files_of(move)), 1)

    def test_documents_before_the_policy_only_get_what_is_attached_from_then_on(self):
        move, export = self.synced()
        old = self.attach(move, "old.pdf")
        before = fields.Datetime.subtract(self.now(), days=3)
        export.sudo().arrived_at = before
        self.env.flush_all()
        self.env.cr.execute("UPDATE ir_attachment SET create_date = %s WHERE id = %s", [before, old.id])
        self.permit('all')
        self.sweep()
        self.assertFalse(self.files_of(move))
        new = self.attach(move, "new.pdf")
        self.env.flush_all()
        self.env.cr.execute("UPDATE ir_attachment SET create_date = %s WHERE id = %s", [fields.Datetime.add(self.now(), seconds=1), new.id])
        self.run_slice(self.connection)
        self.assertFalse(self.files_of(move), "older files are found by the sweep")
        self.sweep()
        self.assertEqual(list(self.files_of(move)), ["new.pdf"])

    def test_switching_off_drops_what_waits(self):
        self.permit('all')
        move, _export = self.synced()
        self.sandbox.faults.order(kind='500_before', path='/Invoices', method='PUT')
        self.attach(move)
        self.run_slice(self.connection)
        self.assertEqual(self.extras(move).state, 'waiting')
        self.connection.with_user(self.admin).attachment_policy = 'none'
        self.assertFalse(self.extras(move))
        self.run_slice(self.connection)
        self.assertFalse(self.files_of(move))

    # === NAMES === #

    def test_names_are_cleaned_and_do_not_overwrite_each_other(self):
        self.permit('all')
        move = self.document()
        names = ["Scan.pdf", "scan.pdf", 'a<b>:c"d/e\\f|g?h*i+j.pdf', "Rechnung (März) 100%.pdf", "..", "[1] & #2.txt"]
        for number, name in enumerate(names):
            self.attach(move, name, f'content {number}'.encode())
        self.run_slice(self.connection)
        self.assertEqual({name: held['_content'] for name, held in self.files_of(move).items()}, {
            "Scan.pdf": b'content 0', "scan (2).pdf": b'content 1', "a-b--c-d-e-f-g-h-i-j.pdf": b'content 2',
            "Rechnung (März) 100%.pdf": b'content 3', "file.txt": b'content 4', "[1] & #2.txt": b'content 5'})

    def test_names_without_an_ending_get_that_of_their_type(self):
        """Xero refuses a file whose name has no ending."""
        self.permit('all')
        move = self.document()
        for name, mimetype in [
            ("Scan of bill", 'application/pdf'), ("image0", 'image/jpeg'), ("BILL/2026/11/0007", 'application/pdf'), ("Scan v1.2", 'image/png'),
            ("photo\u200b.PNG", 'image/png'),
        ]:
            self.attach(move, name, b'fake', mimetype=mimetype)
        self.run_slice(self.connection)
        self.assertEqual({name: held['MimeType'] for name, held in self.files_of(move).items()}, {
            "Scan of bill.pdf": 'application/pdf', "image0.jpg": 'image/jpeg', "BILL-2026-11-0007.pdf": 'application/pdf',
            "Scan v1.2.png": 'image/png', "photo.PNG": 'image/png'})
        self.assertEqual(set(self.extras(move).mapped('state')), {'done'})

    def test_types_that_xero_does_not_take_are_not_sent(self):
        """No call and no warning; and such a file does not count as one of the ten."""
        self.permit('all')
        move = self.document()
        for name, mimetype in [
            ("invoice.xml", 'application/xml'), ("setup.exe", 'application/x-msdownload'), ("page.html", 'text/html'),
            ("photo.heic", 'image/heic'), ("unknown", 'application/octet-stream'),
        ]:
            self.attach(move, name, b'\0\1\xff', mimetype=mimetype)
        for number in range(10):
            self.attach(move, f"{number}.pdf")
        self.run_slice(self.connection)
        extras = self.extras(move)
        self.assertEqual(extras.mapped('state'), [*['left_out'] * 5, *['done'] * 10])
        self.assertFalse(any(extras.mapped('message')))
        self.assertFalse(self.export_of(move).extra_warning)
        self.assertEqual(len(self.files_of(move)), 10)
        self.assertEqual(len(self.sent('Attachments')), 10)
        extras._try_again()
        self.assertEqual(extras[0].state, 'left_out')

    def test_a_file_that_waits_since_before_gets_its_ending(self):
        self.permit('all')
        move = self.document()
        self.run_slice(self.connection)
        scan, page = (self.attach(move, "x", b'fake', mimetype=mimetype) for mimetype in ('application/pdf', 'text/html'))
        Extra = self.env['xero.extra'].sudo()
        rows = [Extra.create({
            **Extra._prepare(self.export_of(move)), 'sort': 'attachment', 'attachment_id': file.id, 'name': name,
        }) for file, name in ((scan, "Scan of bill"), (page, "page"))]
        self.run_slice(self.connection)
        self.assertEqual(set(self.files_of(move)), {"Scan of bill.pdf"})
        self.assertEqual([row.state for row in rows], ['done', 'left_out'])

    def test_new_pdf_takes_the_place_of_the_old_one(self):
        self.permit('main')
        move = self.document()
        self.print_pdf(move)
        self.run_slice(self.connection)
        self.change(move, ref="Order 7")
        self.print_pdf(move, b'%PDF changed')
        self.run_slice(self.connection)
        [held] = self.files_of(move).values()
        self.assertEqual(held['_content'], b'%PDF changed')

    # === WHEN NOT === #

    def test_nothing_goes_to_what_is_void_or_different(self):
        self.permit('all')
        void, different = self.synced()[0], self.synced()[0]
        different.xero_export_ids.sudo().write({'difference': "The total is not the same.", 'xero_total': 99})
        self.sandbox.faults.order(kind='500_before', path=f'/Invoices/{void.xero_export_ids.xero_id}')
        self.attach(void)
        self.attach(different)
        self.run_slice(self.connection)
        self.assertEqual(self.extras(void).state, 'waiting')
        self.cancel(void)
        self.let_time_pass(hours=1)
        self.sweep()
        self.assertFalse(self.extras(void) | self.extras(different))
        self.assertFalse(self.files_of(void) or self.files_of(different))
        different.xero_export_ids.sudo().write({'difference': False, 'xero_total': 100})
        self.sweep()
        self.assertEqual(len(self.files_of(different)), 1)

    def test_document_that_is_made_anew_gets_its_files_again(self):
        self.permit('all')
        move = self.document()
        self.attach(move)
        self.run_slice(self.connection)
        first = self.export_of(move).xero_id
        self.cancel(move)
        self.run_slice(self.connection)
        move.button_draft()
        move.action_post()
        self.run_slice(self.connection, times=3)
        self.assertNotEqual(self.export_of(move).xero_id, first)
        self.assertEqual(list(self.files_of(move)), ["scan.pdf"])

    def test_file_deleted_meanwhile_is_forgotten(self):
        self.permit('all')
        move, _export = self.synced()
        self.sandbox.faults.order(kind='500_before', path='/Invoices')
        file = self.attach(move)
        self.run_slice(self.connection)
        file.unlink()
        self.let_time_pass(hours=1)
        self.sweep()
        self.assertFalse(self.extras(move))

    def test_documents_go_first(self):
        self.permit('all')
        move, _export = self.synced()
        for number in range(3):
            self.attach(move, f'{number}.txt')
        self.sandbox.requests.clear()
        self.documents(2)
        self.document('in_invoice')
        self.document('out_refund')
        self.run_slice(self.connection)
        paths = ['file' if 'Attachments' in call['path'] else 'document' for call in self.calls('PUT')]
        self.assertEqual(paths, ['document'] * 3 + ['file'] * 3)

    # === PEOPLE === #

    def test_rights(self):
        self.permit('all')
        move = self.document()
        self.attach(move)
        self.run_slice(self.connection)
        extra = self.extras(move).with_user(self.billing)
        self.assertEqual(extra.name, "scan.pdf")
        with self.assertRaises(AccessError):
            extra.state = 'waiting'
        with self.assertRaises(AccessError):
            self.connection.with_user(self.billing).attachment_policy = 'none'
        stranger = self._new_user('stranger', 'account.group_account_invoice', self.env['res.company'].sudo().create({'name': "Elsewhere"}))
        self.assertFalse(self.env['xero.extra'].with_user(stranger).search([]))

    def test_form_shows_them(self):
        self.permit('all')
        move = self.document()
        self.attach(move)
        self.run_slice(self.connection)
        self.env['xero.export'].with_user(self.billing).get_views([(False, 'form'), (False, 'list'), (False, 'search')])
        read = self.export_of(move).with_user(self.billing).web_read({'extra_ids': {'fields': {'name': {}, 'state': {}}}, 'extra_warning': {}})
        self.assertEqual(read[0]['extra_ids'][0]['state'], 'done')

    # === COST === #

    def test_themes_marks_and_policies_cost_no_query_for_each_document(self):
        """The slice needs as many queries for many files as for a few."""
        self.company_data['default_journal_sale'].xero_branding_theme_id = self.env['xero.branding.theme'].search(
            [('connection_id', '=', self.connection.id)], limit=1)
        self.synced()
        used = []
        for count in (5, 45):
            moves = self.documents(count, post=False)
            moves.is_move_sent = True
            moves.action_post()
            self.env.flush_all()
            before = sql_db.sql_counter
            self.run_slice(self.connection)
            used.append(sql_db.sql_counter - before)
            self.assert_once(moves)
        self.assertLessEqual((used[1] - used[0]) / 40, 0.1)


@tagged('post_install', '-at_install')
class TestNotes(XeroExtrasCase):
    """The history in Xero names the origin of a document."""

    def setUp(self):
        super().setUp()
        self.connection.with_user(self.admin).sends_note = True

    def test_who_posted_it_and_where_it_is(self):
        poster = self._new_user('poster', 'account.group_account_invoice', name="Pat Poster", tz='Australia/Sydney')
        for move_type, endpoint in (('out_invoice', 'Invoices'), ('in_invoice', 'Invoices'), ('out_refund', 'CreditNotes')):
            with self.subTest(move_type=move_type):
                move = self.document(move_type, post=False)
                move.with_user(poster).with_context(tracking_disable=False).action_post()
                self.env.flush_all()
                self.env.cr.precommit.run()
                self.run_slice(self.connection)
                [note] = self.notes_of(move)
                for words in ("Pat Poster", "Australia/Sydney", move.name, f'res_id={move.id}'):
                    self.assertIn(words, note)
                self.assertIn(endpoint, self.sent('History')[-1]['path'])

    def test_one_note_for_a_new_document_and_none_for_a_change(self):
        before = self.sandbox.organisations[HARBOUR].history
        move, _export = self.synced()
        self.assertEqual(len(self.notes_of(move)), 1)
        self.change(move, ref="Order 7")
        self.sweep()
        self.assertEqual(len(self.notes_of(move)), 1)
        self.assertEqual(len([notes for notes in before.values() if notes]), 1)

    def test_documents_before_the_policy_get_none(self):
        self.connection.sends_note = False
        move, export = self.synced()
        export.sudo().arrived_at = fields.Datetime.subtract(self.now(), minutes=5)
        self.connection.sends_note = True
        self.sweep()
        self.assertFalse(self.notes_of(move))

    def test_needs_no_permission(self):
        self.assertFalse(self.connection._missing_scopes())
