from contextlib import closing
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.tools import split_every

from ...const import FILTER_IDS
from ..reference.reader import lock_dates
from .build import build

# As documents whose content in Xero is unknown, but with what Odoo knows of its own parts: paid documents are not rewritten for a policy or mapping
MARKED = {'operation': 'update', 'is_content_unknown': True, 'digest': False}


@dataclass
class Resending:
    """What would become of one document. `outcome` is `change`, `same` or `left`; `reason` says why it is left; the texts are for people."""
    export: models.BaseModel
    outcome: str
    reason: str = ''
    before: str = ''
    after: str = ''


class XeroResending(models.AbstractModel):
    """Documents that are in Xero and are sent again as they would be built now, because a mapping was changed.

    The dry run uses the code of the slice up to the point where a request would be frozen, and all its writes are rolled back. Marked documents go
    the way of each other change: what was edited, paid, voided or locked in Xero meanwhile is not overwritten.
    """
    _name = 'xero.resending'
    _description = "Documents Sent to Xero Again"

    @api.model
    def _dry_run(self, exports):
        """Return what would become of documents, after a call for the lock dates and one for each `FILTER_IDS` documents. Nothing is written
        before the calls.

        :param exports: synced `xero.export` in sudo, of one connection and company.
        :return: list of `Resending`, in their order.
        :raise XeroError: as the client does.
        """
        if not exports:
            return []
        client, remote = exports.connection_id._client(), {}
        locks = lock_dates(client.get('Organisation').first('Organisations', 'Name'))
        for kind, alike in exports._by_kind():
            for ids in split_every(FILTER_IDS, alike.ids):
                remote.update({(kind._kind_name(), xero_id): element for xero_id, element in kind._read_remote(client, alike.browse(ids)).items()})
        found = {}
        with closing(self.env.cr.savepoint()):
            exports = exports.with_context(lang=exports.connection_id._in_its_language().env.lang)
            exports._set_waiting(**MARKED)
            exports.connection_id.write(locks)
            for kind, alike in exports._by_kind():
                for built in build(alike):
                    found[built.export.id] = self._outcome(built, remote.get((kind._kind_name(), built.export.xero_id)))
        return [found[export.id] for export in exports]

    def _outcome(self, built, remote):
        """Return what would become of one document. Writes, like the slice does; the caller rolls back."""
        export, kind = built.export, built.export._kind()
        if remote is None or kind._is_gone(remote):
            return Resending(export, 'left', self.env._("It was voided or deleted in Xero.") if remote else self.env._("It was not found in Xero any more."))
        if export._desired_state() != 'present':
            return Resending(export, 'left', self.env._("It is not posted in Odoo any more."))
        if built.problems:
            return Resending(export, 'left', ' '.join(dict.fromkeys(problem.message for problem in built.problems)))
        differing = kind._differing_parts({**built.element, 'Total': built.total}, remote)
        if not differing:
            return Resending(export, 'same')
        if accepted := self.env['xero.difference']._acceptances(export).get(export):
            return Resending(export, 'left', self.env._(
                "It differs from Odoo's, and %(user)s accepted that: %(reason)s", user=accepted.settled_by_id.name or '', reason=accepted.reason))
        if export._settle_or_build_change(built, remote):
            return Resending(export, 'change', **self._both(export, built, remote, differing))
        if export.difference:
            return Resending(export, 'left', export.difference)
        return Resending(export, 'left', self.env._("It is paid or allocated in Xero, so a changed mapping does not rewrite it."))

    def _both(self, export, built, remote, parts):
        """Return the parts that differ, as Xero has them and as they would be, without the lines that are equal."""
        kind, ours, theirs = export._kind(), [], []
        for name in parts:
            now, then = (kind._readable(export, name, element) for element in ({**built.element, 'Total': built.total}, remote))
            ours += [text for text in now if text not in then] or now
            theirs += [text for text in then if text not in now] or then
        return {'before': '\n'.join(map(str, theirs)), 'after': '\n'.join(map(str, ours))}

    @api.model
    def _mark(self, exports):
        """Queue documents to be sent again.

        :param exports: `xero.export` in sudo. Those that are no longer synced without a difference, and those whose
            version in Xero a person accepted, are left out.
        :return: the exports that wait now, as requested by the present user.
        """
        accepted = self.env['xero.difference']._acceptances(exports)
        marked = exports.filtered(lambda export: export._is_compared_equal() and export.xero_id and export not in accepted)
        marked = marked._set_waiting(**MARKED, asked_by_id=self.env.uid, asked_at=fields.Datetime.now())
        if marked:
            marked._apply_due_times()
            marked._arm()
        return marked
