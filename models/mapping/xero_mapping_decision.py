from typing import NamedTuple

from odoo import api, fields, models

from ...tools.client_action import NOTIFY, notice
from ...tools.problem import Problem
from ..reference.xero_reference_mixin import ACTIVE, ARCHIVED
from .resolver import Resolver, Source


class Copy(NamedTuple):
    """A decision that can be copied: the other connection's row, ours if it exists, and the target of ours."""
    origin: models.BaseModel
    row: models.BaseModel
    target: models.BaseModel


class XeroMapping(models.Model):
    """Decisions: finding and deciding rows, releasing documents, the problems of a row, and copies between connections."""
    _inherit = 'xero.mapping'

    # === FINDING === #

    @api.model
    def _prefetch_for(self, connection, company):
        """Return the `Resolver` for documents of a company: all its rows with one query. Make a new one after reference data was read."""
        return Resolver(self.sudo(), connection, company)

    def _source(self):
        """Return the `Source` of the row."""
        return Source(self.type, self._thing()._source_of(self), self.use)

    @api.model
    def _rows_of(self, connection, company, sources):
        """Return the rows of sources (`Source`) in sudo. Missing rows are created and decided."""
        resolver = self._prefetch_for(connection, company)
        return self.sudo().union(*(resolver.find(*source) for source in sources))

    # === DECIDING === #

    def _decide(self):
        """Set the targets that are certain without a person; leave the other rows as they are."""
        for mappings in self.grouped(lambda mapping: (mapping.connection_id, mapping.company_id, mapping.type)).values():
            mappings._thing()._decide(mappings)

    def _set_target(self, target, how):
        """Save an automatic decision.

        :param str how: a value of `decided_by`.
        """
        self.write({self._target_field(): target.id, 'decided_by': how, 'decided_by_id': False, 'decided_at': fields.Datetime.now()})

    @api.model
    def _choose(self, targets):
        """Decide rows, as the user does it one by one, and release the documents that waited, with one notification for all rows.

        :param dict targets: row → its target in Xero.
        :raise AccessError: the user may not decide.
        """
        mappings = self.union(*targets)
        mappings.check_access('write')
        now = fields.Datetime.now()
        replaced = mappings.filtered(lambda mapping: mapping._target())
        for (name, target), alike in mappings.grouped(lambda mapping: (mapping._target_field(), targets[mapping])).items():
            alike.sudo().write({name: target.id, 'decided_by': 'person', 'decided_by_id': self.env.uid, 'decided_at': now})
        replaced.sudo().write({'changed_at': now})
        mappings._release()

    def _decide_again(self):
        """Decide open rows after reference data was read, and release the documents of rows that can be used now."""
        self.filtered(lambda mapping: mapping.decided_by != 'person' and not mapping._is_decided())._decide()
        self.filtered(lambda mapping: mapping._is_decided())._release()

    def _release(self):
        """Queue the documents that waited for these rows, and notify the user how many were released and how many wait for other rows.

        :return: number of released documents.
        """
        waiting = len(self.export_ids.filtered(lambda export: export.state == 'failed'))
        count = self.env['xero.export']._release(self)
        for mappings in self.grouped(lambda mapping: (mapping.connection_id, mapping.type)).values():
            mappings._thing()._on_decided(mappings)
        self.env['xero.ask'].sudo()._close_decided(self)
        if waiting:
            self.env.user._bus_send(NOTIFY, notice(
                'warning' if waiting > count else 'success', ' '.join(self._release_words(count, waiting - count))))
        return count

    def _release_words(self, released, left):
        """Yield, for people, sentences about the documents that a decision released."""
        if released:
            yield self.env._("%(count)s documents released; they are sent to Xero now.", count=released) if released > 1 else self.env._(
                "1 document released; it is sent to Xero now.")
        if left:
            yield self.env._("%(count)s documents wait for another decision.", count=left) if left > 1 else self.env._(
                "1 document waits for another decision.")

    # === PROBLEMS === #

    def _target_trouble(self):
        """Return, for people, why documents cannot use the row's target: a clause without a full stop."""
        target = self._target()
        if target.status == ARCHIVED:
            return self.env._("%(target)s is archived in Xero", target=target.display_name)
        if target.status != ACTIVE:
            return self.env._("%(target)s is no longer in Xero", target=target.display_name)
        return self._thing()._unusable_words(self, target)

    def _problem(self, use=False):
        """Return why a document cannot use this row now, as a `Problem`, or None.

        :param str use: as for `Resolver.find`.
        """
        thing = self._thing()
        if self._is_decided():
            return thing._use_problem(self, use)
        names = {'item': self.source_name, 'connection': self.connection_id.name}
        if not self._target():
            return Problem(thing._cause, thing._undecided_words(self, names), self)
        return Problem(thing._cause, self.env._(
            "%(item)s cannot be sent to Xero: %(trouble)s. Choose another target in the mapping of %(connection)s, or restore it in Xero.",
            trouble=self._target_trouble(), **names), self)

    # === COPYING === #

    def _find_target(self, connection, code):
        """Return the target with a code in a connection, if the row may use it; else an empty record."""
        thing = self._thing()
        targets = self._target().search(self._target_domain(connection)).filtered(lambda target: thing._code_of(target) == code)
        return targets if code and len(targets) == 1 else targets.browse()

    def _likeness(self):
        """Return a hashable value that is equal for rows of other companies with a source that people would call the same."""
        return (self.type, self._thing()._likeness(self))

    @api.model
    def _plan_copy(self, origin, connection):
        """Return the decisions that can be copied from one connection to another: only for rows that are undecided there.

        Sources are the same if people see the same (code of an account, names and percentages of taxes), so that decisions can also be
        copied between companies. Targets are the same if their codes are equal; for tax rates, the percentages must be equal too
        (`_find_twin`). Rows that no document has needed yet are planned for the companies that both connections serve.

        :return: list of `Copy`.
        """
        decided = self.search([('connection_id', '=', origin.id), ('is_decided', '=', True)])
        rows = self.search([('connection_id', '=', connection.id)])
        by_likeness = {
            likeness: twins[0] for likeness, twins in decided.grouped(lambda twin: twin._likeness()).items()
            if len(set(twins.mapped('target_code'))) == 1}
        pairs = [
            (by_likeness[row._likeness()], row) for row in rows if not row.is_decided and row._likeness() in by_likeness]
        known = {(row.company_id, row.type, row.source_key) for row in rows}
        pairs += [(twin, rows.browse()) for twin in decided
                  if connection.sudo()._serves(twin.company_id.sudo()) and (twin.company_id, twin.type, twin.source_key) not in known]
        plan = [Copy(twin, row, twin._thing()._find_twin(row or twin, connection, twin._target())) for twin, row in pairs]
        return [copy for copy in plan if copy.target]

    @api.model
    def _copy_from(self, origin, connection):
        """Copy the decisions that `_plan_copy` returns, as decisions of the user. In rows that do not exist yet, they come before defaults.

        :return: number of rows that are decided now.
        """
        plan = self._plan_copy(origin, connection)
        targets = {copy.row: copy.target for copy in plan if copy.row}
        missing = self.union(*(copy.origin for copy in plan if not copy.row))
        for company, twins in missing.grouped('company_id').items():
            resolver = self._prefetch_for(connection, company)
            created = resolver.create_missing([twin._source() for twin in twins], decides=False)
            targets |= {
                row.sudo(False): copy.target for copy in plan
                if copy.origin in twins and (row := resolver.known(*copy.origin._source())) in created and not row.is_decided}
        self._choose(targets)
        return len(targets)
