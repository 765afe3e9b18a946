from odoo import models

from ..kinds.xero_kind import Built


class XeroConnection(models.Model):
    """Changing and undoing what is in Xero: read what it holds, compare, send what may be sent."""
    _inherit = 'xero.connection'

    def _send_changes(self, exports, run):
        """Bring documents that are in Xero to what they are in Odoo now, in one request, unless Xero's own state speaks against it.

        :param exports: `xero.export`, due, of one kind, company and operation, as many as one call can read.
        """
        if exports[0].operation == 'update':
            remembered, _failed = self._contain(exports, lambda some: (some._remember_document(), some)[1], run)
            built = self._passed(exports.browse().union(*remembered), run)
        else:
            built = [Built(export, export.revision) for export in exports]
        held = self._read_held(built, run)
        weighed, failed = self._contain(
            built, lambda some: [change for one in some if (change := one.export._next_change(one, held.get(one.export.xero_id)))], run,
            lambda one: one.export)
        changes = [change for some in weighed for change in some]
        settled = self.env['xero.export'].union(*(one.export for one in built)) - failed
        settled = settled.filtered(lambda export: export.state == 'synced')
        settled._conclude()
        run.done += len(settled)
        run.has_changes = True
        self._send_built(changes, exports._kind()._void_method if exports[0].operation == 'void' else 'POST', run)

    def _build_checked(self, exports, run):
        """What is in Xero just so need not pass again: a period that was locked since does not matter to a mark on it."""
        built = super()._build_checked(exports, run)
        for one in built:
            if one.export.operation == 'update' and one.digest == one.export.digest:
                one.problems = []
        return built

    def _read_held(self, built, run):
        """Return what Xero holds for some documents, by id, with one call."""
        if not built:
            return {}
        exports = self.env['xero.export'].union(*(one.export for one in built))
        return exports._kind()._read_held(run.client, exports)
