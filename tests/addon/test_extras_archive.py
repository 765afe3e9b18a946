import io
import zipfile

from lxml import etree

from odoo.tests import tagged

from ...const import FILE_BYTES
from ..common import HARBOUR
from .extras_common import XeroExtrasCase


@tagged('post_install', '-at_install')
class TestExtrasArchive(XeroExtrasCase):
    """Xero takes ten files for a document: the others are sent in one archive."""

    def setUp(self):
        super().setUp()
        self.permit()
        self.move, self.export = self.synced()
        self.archive_name = f"{self.move.name.replace('/', '-')} more files.zip"

    def attach_many(self, count, start=0, raw=b'fake'):
        return self.env['ir.attachment'].union(*(self.attach(self.move, f'{number:02}.txt', raw) for number in range(start, start + count)))

    def send(self):
        self.connection.swept_at = False
        self.run_slice(self.connection, times=3)
        return self.files_of(self.move)

    def archived(self, files):
        with zipfile.ZipFile(io.BytesIO(files[self.archive_name]['_content'])) as archive:
            self.assertIsNone(archive.testzip())
            return {name: archive.read(name) for name in archive.namelist()}

    def test_ten_files_need_no_archive(self):
        self.attach_many(10)
        self.assertEqual(set(self.send()), {f'{number:02}.txt' for number in range(10)})
        self.assertFalse(self.export.has_archive)

    def test_eleven_files(self):
        for number, attachment in enumerate(self.attach_many(11)):
            attachment.raw = f'fake {number}'.encode()
        files = self.send()
        self.assertEqual(set(files), {*(f'{number:02}.txt' for number in range(9)), self.archive_name})
        self.assertEqual(files[self.archive_name]['MimeType'], 'application/zip')
        self.assertEqual(self.archived(files), {'09.txt': b'fake 9', '10.txt': b'fake 10'})
        extras = self.extras(self.move)
        self.assertEqual(set(extras.mapped('state')), {'done'})
        self.assertEqual(len(extras), 12)
        self.assertEqual(extras.filtered('archive_id').mapped('name'), ['09.txt', '10.txt'])
        self.assertTrue(self.export.has_archive)
        self.assertFalse(self.export.extra_warning)
        self.assertEqual(len(self.sent('Attachments')), 10)
        self.sandbox.requests.clear()
        self.send()
        self.assertFalse(self.sent('Attachments'), "sent once")

    def test_a_phone_shows_the_files_as_cards(self):
        arch = self.env['xero.export'].with_user(self.billing).get_view(view_type='form')['arch']
        [files] = etree.fromstring(arch).xpath("//field[@name='extra_ids']")
        self.assertEqual(files.get('mode'), 'list,kanban')
        cards = {node.get('name') for node in files.xpath("kanban//*[@name]")}
        self.assertLessEqual({'name', 'state', 'archive_id', 'message', 'action_try_again'}, cards)

    def test_the_main_file_is_alone(self):
        self.attach_many(11)
        pdf = self.print_pdf(self.move)
        files = self.send()
        self.assertIn(pdf.name, files)
        self.assertEqual(set(self.archived(files)), {'08.txt', '09.txt', '10.txt'})

    def test_types_that_xero_does_not_take_need_no_place(self):
        self.attach(self.move, "setup.exe")
        self.attach_many(10)
        self.assertNotIn(self.archive_name, self.send())

    def test_a_later_file_is_added(self):
        self.attach_many(30)
        files = self.send()
        self.assertEqual(len(files), 10)
        before = self.archived(files)
        self.assertEqual(len(before), 21)
        self.sandbox.requests.clear()
        self.attach(self.move, '29.txt', b'later')
        files = self.send()
        self.assertEqual(self.archived(files), {**before, '29 (2).txt': b'later'})
        self.assertEqual(len(files), 10)
        self.assertEqual(len(self.sent('Attachments')), 1)

    def test_a_new_pdf_still_replaces_the_old_one(self):
        old = self.print_pdf(self.move, b'%PDF old')
        self.attach_many(12)
        self.send()
        name = old.name
        old.unlink()
        self.print_pdf(self.move, b'%PDF new')
        files = self.send()
        self.assertEqual(files[name]['_content'], b'%PDF new')
        self.assertEqual(len(files), 10)

    def test_deleted_files_are_left_out(self):
        attachments = self.attach_many(13)
        self.env['xero.extra'].sudo()._plan(self.connection, None)
        attachments[-1].unlink()
        self.assertEqual(set(self.archived(self.send())), {'09.txt', '10.txt', '11.txt'})
        # One that is deleted later stays in Xero, as others do
        attachments[-2].unlink()
        self.sandbox.requests.clear()
        self.send()
        self.assertFalse(self.sent('Attachments'))
        self.assertIn('11.txt', self.extras(self.move).filtered('archive_id').mapped('name'))

    def test_what_does_not_fit_is_said(self):
        self.attach_many(10)
        self.attach(self.move, "large.txt", b'x' * (FILE_BYTES - 200))
        self.attach(self.move, "small.txt", b'x')
        files = self.send()
        self.assertEqual(set(self.archived(files)), {'09.txt', 'small.txt'})
        self.assertLessEqual(len(files[self.archive_name]['_content']), FILE_BYTES)
        for words in ("large.txt", self.move.name, "10 MB"):
            self.assertIn(words, self.export.extra_warning)
        self.assertEqual(self.export.state, 'synced')

    def test_the_same_files_have_the_same_bytes(self):
        self.attach_many(12)
        self.send()
        [archive] = self.extras(self.move).filtered('is_archive')
        self.assertEqual(archive._content(), archive._content())
        self.assertEqual(archive._content(), self.files_of(self.move)[self.archive_name]['_content'])

    def test_places_that_people_took_in_xero(self):
        """The archive is refused as any file; what a person removes in Xero makes place for it."""
        held = self.sandbox.organisations[HARBOUR].attachments[self.export.xero_id]
        held.append({'AttachmentID': 'fake-1', 'FileName': 'by hand.pdf'})
        self.attach_many(12)
        self.assertNotIn(self.archive_name, self.send())
        self.assertIn(self.archive_name, self.export.extra_warning)
        held[:] = [row for row in held if row['FileName'] != 'by hand.pdf']
        part = self.extras(self.move).filtered('archive_id')[:1]
        part.with_user(self.billing).action_try_again()
        self.assertEqual(len(self.archived(self.send())), 3)
        self.assertFalse(self.export.extra_warning)

    def test_switching_files_off_and_void_documents(self):
        self.attach_many(12)
        self.send()
        self.attach(self.move, 'late.txt')
        self.connection.with_user(self.admin).attachment_policy = 'none'
        extras = self.extras(self.move)
        self.assertFalse(extras.filtered(lambda extra: extra.state == 'waiting'))
        self.assertIn('10.txt', extras.mapped('name'))
