import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, format_date
from odoo.tools.lru import LRU

from ..connection.retention import KEEP_BODIES, KEEP_RECORDS, kept_since
from .xero_request import PREPARATIONS

# Requests of one transaction. Each can have 50 documents whose exports are written when its body is removed
BODIES_AT_ONCE, RECORDS_AT_ONCE = 100, 1000
# Parsed bodies that are kept until the cursor is closed. A body is up to 3 MB
PARSED_KEPT = 4


class XeroRequest(models.Model):
    """How long requests are kept: bodies and answers, which hold personal data, for a shorter time than the records of the calls.

    Before a body is removed, its documents remember what was sent of them (`xero.export.kept_elements`), so changes on either side are
    recognised as before. A request is kept as long as it has no outcome, or one of its documents has none: its bytes may be needed.
    """
    _inherit = 'xero.request'

    emptied_at = fields.Datetime(string="Emptied on", readonly=True, help="The body and the answer were removed then.")
    emptied_words = fields.Char(compute='_compute_emptied_words')

    # What the vacuum searches for
    _full = models.Index("(sent_at) WHERE emptied_at IS NULL AND state = 'answered'")
    _emptied = models.Index("(sent_at) WHERE emptied_at IS NOT NULL")

    @api.depends('emptied_at', 'sent_at')
    def _compute_emptied_words(self):
        for request in self:
            request.emptied_words = request.emptied_at and self.env._(
                "Body and answer were removed on %(date)s, %(days)s days after the call.",
                date=format_date(self.env, fields.Datetime.context_timestamp(self, request.emptied_at)),
                days=(request.emptied_at - (request.sent_at or request.create_date)).days)

    # === REMOVING === #

    @api.autovacuum
    def _gc_bodies(self):
        """Remove the bodies and answers of old requests.

        :return: number of emptied requests, and whether there may be more, as Odoo's vacuum expects it: it commits between two calls.
        """
        since = kept_since(self.env, KEEP_BODIES)
        if not since:
            return 0, 0
        # A row that a slice is writing is left to the next vacuum: neither waits for the other
        old = self.browse(row[0] for row in self.env.execute_query(SQL(
            """SELECT id FROM xero_request
                WHERE emptied_at IS NULL AND state = 'answered' AND sent_at < %s AND id != ALL(%s)
             ORDER BY sent_at, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""", since, self._unfinished_ids(), BODIES_AT_ONCE)))
        emptied = old._empty()
        return len(emptied), int(len(old) == BODIES_AT_ONCE and bool(emptied))

    @api.autovacuum
    def _gc_records(self):
        """Delete the records of old calls, whose bodies were removed before.

        :return: see `_gc_bodies`.
        """
        since = kept_since(self.env, KEEP_RECORDS)
        if not since:
            return 0, 0
        old = self.browse(row[0] for row in self.env.execute_query(SQL(
            """SELECT id FROM xero_request
                WHERE emptied_at IS NOT NULL AND sent_at < %s AND id != ALL(%s)
             ORDER BY sent_at, id LIMIT %s FOR UPDATE SKIP LOCKED""", since, self._unfinished_ids(), RECORDS_AT_ONCE)))
        old.unlink()
        return len(old), int(len(old) == RECORDS_AT_ONCE)

    @api.model
    def _unfinished_ids(self):
        """Return the IDs of all requests of documents about which something is open, so that bytes or order of their requests may count.

        In three plain queries: as one condition on each old request, it takes minutes when PostgreSQL has no statistics of the tables.
        """
        self.env.flush_all()
        query = self.env.execute_query
        pending = [row[0] for row in query(SQL("SELECT id FROM xero_request WHERE state != 'answered'"))]
        busy = [row[0] for row in query(SQL(
            """SELECT id FROM xero_export WHERE state IN ('sending', 'uncertain') OR unseen_since IS NOT NULL
                UNION SELECT export_id FROM xero_request_export_rel WHERE request_id = ANY(%s)""", pending))]
        return [row[0] for row in query(SQL("SELECT DISTINCT request_id FROM xero_request_export_rel WHERE export_id = ANY(%s)", busy))]

    def _empty(self):
        """Have documents remember what these requests sent, and remove bodies and answers.

        :return: the emptied requests: those whose documents nobody else is writing.
        """
        known = {export_id: (digest, kept or []) for export_id, digest, kept in self.env.execute_query(SQL(
            "SELECT id, digest, kept_elements FROM xero_export WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED", self.export_ids.ids))}
        free = self.filtered(lambda request: known.keys() >= set(request.export_ids.ids))
        sent = defaultdict(list)
        for request in free._of_documents():
            for export_id, new in request._sent_by_export().items():
                sent[export_id] += new
        oldest = free._oldest_with_body(list(sent))
        self._keep({
            export_id: _merged([*known[export_id][1], *new], known[export_id][0], oldest.get(export_id)) for export_id, new in sent.items()})
        free.write({'body': False, 'answer': False, 'frozen': False, 'unrecognised': False, 'emptied_at': fields.Datetime.now()})
        return free

    @api.model
    def _keep(self, kept):
        """Write what was sent on the exports. Not by `write`: what compares times of change must not take it for an event.

        :param dict kept: ID of an export → list of dicts, see `_sent_of`.
        """
        self.env.cr.execute(SQL(
            """UPDATE xero_export SET kept_elements = new.kept::jsonb
                 FROM unnest(%s::int[], %s::text[]) AS new(id, kept) WHERE xero_export.id = new.id""",
            list(kept), [json.dumps(sent) for sent in kept.values()]))
        self.env['xero.export'].browse(kept).invalidate_recordset(['kept_elements', 'sent_element'], flush=False)

    def _oldest_with_body(self, export_ids):
        """Return, by ID of an export, that of its oldest request that has a body and is not one of these."""
        return dict(self.env.execute_query(SQL(
            """SELECT rel.export_id, MIN(request.id) FROM xero_request_export_rel rel JOIN xero_request request ON request.id = rel.request_id
                WHERE rel.export_id = ANY(%s) AND request.emptied_at IS NULL AND request.kind NOT IN %s AND request.id != ALL(%s)
             GROUP BY rel.export_id""", export_ids, PREPARATIONS, self.ids)))

    # === WHAT WAS SENT === #

    def _sent_by_export(self):
        """Return what this request sent, by ID of the export, in the form of `_sent_of`. Not to be changed by the caller.

        A body holds many documents, which are compared one after the other, and never changes: the last few are parsed once.
        """
        parsed = self.env.cr.cache.setdefault('account_xero_parsed_requests', LRU(PARSED_KEPT))
        if self.id not in parsed:
            by_export = defaultdict(list)
            for frozen, element in zip(self.frozen or (), self._elements()):
                by_export[frozen['export']].append({
                    'request': self.id, 'operation': frozen.get('operation'), 'is_mark': bool(frozen.get('is_mark')),
                    'digest': frozen['digest'], 'total': frozen['total'], 'element': element})
            parsed[self.id] = dict(by_export)
        return parsed[self.id]

    def _sent_of(self, export):
        """Return what was sent of a document, oldest first, whether the request still has its body or not.

        :param export: `xero.export` of these requests.
        :return: list of dicts with `request` (ID), `operation`, `is_mark`, `digest`, `total` and `element`.
        """
        full = self._of_documents().filtered(lambda request: not request.emptied_at)
        sent = [one for request in full for one in request._sent_by_export().get(export.id, ())]
        return sorted([*(export.kept_elements or ()), *sent], key=lambda one: one['request'])


def _merged(sent, digest, oldest):
    """Return what has to be kept of what was sent of a document: the version that was settled last, and each that was sent since.

    A change names only what changed, so older elements are merged into the settled one.

    :param list sent: dicts, see `_sent_of`, of requests without a body.
    :param str digest: fingerprint of what was settled last, None if nobody knows.
    :param int oldest: ID of the oldest request with a body, None if there is none. What was sent after it is not merged.
    """
    sent = sorted(sent, key=lambda one: one['request'])
    settled = [place for place, one in enumerate(sent) if one['digest'] == digest and (oldest is None or one['request'] < oldest)]
    if not settled:
        return sent
    element = {}
    for one in sent[:settled[-1] + 1]:
        element |= one['element']
    return [{**sent[settled[-1]], 'element': element}, *sent[settled[-1] + 1:]]
