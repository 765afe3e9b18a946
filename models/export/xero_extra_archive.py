import io
import zipfile

from odoo import fields, models

from ...const import FILE_BYTES, FILES_MOST
from ...tools.xero_text import clean_file_name
from .xero_extra import MEGABYTE

ENTRY_BYTES = 150       # of a file in an archive, beside its content and twice its name


class XeroExtra(models.Model):
    """One archive for the files that Xero has no place for, as it takes a few for each document.

    The archive is a row that is sent as a file is. The rows of its files point at it (`archive_id`): they are not sent themselves, and are done
    when it is. A file that is attached later is added, and the archive is sent again; it then overwrites the former one in Xero.
    """
    _inherit = 'xero.extra'

    is_archive = fields.Boolean(readonly=True)
    archive_id = fields.Many2one(
        'xero.extra', string="In the archive", readonly=True, index='btree_not_null', ondelete='set null', help="The archive in which the file is sent.")
    part_ids = fields.One2many('xero.extra', 'archive_id', string="Files of the archive", readonly=True)

    _archive_uniq = models.UniqueIndex('(export_id, document_xero_id) WHERE is_archive')

    def _files(self):
        """Return the `ir.attachment` of a file, or of all files of an archive."""
        return self.part_ids.attachment_id if self.is_archive else self.attachment_id

    def _content(self):
        """Return the bytes to send. An archive of the same files always has the same bytes."""
        if not self.is_archive:
            return self.attachment_id.raw
        content = io.BytesIO()
        with zipfile.ZipFile(content, 'w') as archive:
            for part in self.part_ids.filtered('attachment_id'):
                archive.writestr(zipfile.ZipInfo(part.name), part.attachment_id.raw or b'')     # without a date, and not compressed
        return content.getvalue()

    def _prepare_archived(self, export, archive, attachments, taken):
        """Yield the values of the rows of files that go into a document's archive; make the archive, or have it sent again.

        :param archive: the row of the archive; empty if there is none yet.
        :param attachments: `ir.attachment`, of types that Xero takes.
        :param set taken: names of the other files in Xero, without regard to case.
        """
        names = {part.name.casefold() for part in archive.part_ids}
        size = sum(self._size_in_archive(part.name, part.attachment_id) for part in archive.part_ids)
        for attachment in attachments:
            vals = self._prepare_file(export, attachment, names)
            name = vals['name']
            added = self._size_in_archive(name, attachment)
            if size + added > FILE_BYTES:
                yield {**vals, 'state': 'refused', 'cause': 'data', 'message': self.env._(
                    "Xero takes %(most)s files for a document, so the last ones of %(document)s go there in one archive of up to %(limit)s MB. "
                    "“%(file)s” does not fit in it. Attach a smaller one instead, or leave it.",
                    most=FILES_MOST, document=export.document_name, limit=FILE_BYTES // MEGABYTE, file=name)}
                continue
            if not archive:
                archive = self.create({
                    **self._prepare(export), 'sort': 'attachment', 'is_archive': True,
                    'name': self._free_name(clean_file_name(self.env._("%(document)s more files.zip", document=export.document_name)), taken)})
            elif archive.state != 'waiting' or archive.next_try_at:
                archive._wait()
            names.add(name.casefold())
            size += added
            yield {**vals, 'archive_id': archive.id}

    def _size_in_archive(self, name, attachment):
        return ENTRY_BYTES + 2 * len(name.encode()) + (attachment.file_size or 0)
