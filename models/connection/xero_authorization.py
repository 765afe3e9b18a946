import logging
import time
from contextlib import contextmanager
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import fields, models
from odoo.exceptions import LockError

from ...const import REFRESH_IDLE, RENEW_AFTER, RENEWAL_MARGIN
from ...exceptions import XeroOAuthError, XeroRetryable, XeroUnknownOutcome
from ...tools.crypto import token_digest, without_frames
from ...tools.quiet import mute_logger_in_thread
from .xero_secrets import decrypt, encrypt, oauth_of

_logger = logging.getLogger(__name__)

LOCK_WAIT = 20      # seconds to wait for another process that is renewing
LOCK_RETRY = 0.25   # seconds between two tries
CUSTOM_USER = 'custom connection'   # in place of a Xero user: nobody logs in for a custom connection


@contextmanager
def locked(*recordsets):
    """Yield recordsets locked, in a cursor of their own that is committed at the end.

    The rows are read after the lock, in a snapshot that shows what another process has just committed: if the lock is taken, the
    next try uses a new cursor.

    :raise LockError: another process keeps the lock for longer than `LOCK_WAIT`.
    """
    env = recordsets[0].env
    deadline = time.monotonic() + LOCK_WAIT
    while True:
        with env.registry.cursor() as cr:
            own_env = env(cr=cr, su=True)
            own = [records.with_env(own_env) for records in recordsets]
            try:
                with mute_logger_in_thread('odoo.sql_db'):
                    for records in own:
                        records.lock_for_update(allow_referencing=True)
            except (LockError, SerializationFailure):
                cr.rollback()
                if time.monotonic() > deadline:
                    raise LockError(env._("Another process keeps the access to Xero busy.")) from None
            else:
                yield own
                return
        time.sleep(LOCK_RETRY)


class XeroAuthorization(models.Model):
    """One Xero user's consent for one app: the token chain. Only the server reads it.

    The chain has a row of its own, so that a refresh locks nothing else. Several connections may share it. It is written in separate
    cursors only, and committed before the new tokens are used: a rollback of the caller must never lose a pair, because the old refresh
    token cannot be used again. A chain without refresh token has ended, until the next consent.

    A custom connection has no chain: its row holds the access token alone, and each renewal asks for a new one with the app's client secret.
    """
    _name = 'xero.authorization'
    _description = "Xero Authorisation"
    _rec_name = 'email'

    app_id = fields.Many2one('xero.app', required=True, index=True, ondelete='cascade')
    xero_user_id = fields.Char(required=True)
    email = fields.Char()
    access_token_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    refresh_token_encrypted = fields.Char(copy=False, groups=fields.NO_ACCESS)
    access_expires_at = fields.Datetime()
    refreshed_at = fields.Datetime(help="When the chain was last renewed; it ends after 60 days without renewal.")
    scopes = fields.Char(help="The scopes granted, separated by spaces.")
    connection_ids = fields.One2many('xero.connection', 'authorization_id')

    _user_uniq = models.UniqueIndex('(app_id, xero_user_id)')

    @without_frames
    def _access_token(self, renew=False, refused=''):
        """Return an access token (sealed) that is valid for longer than one call takes; renew the chain if necessary.

        The caller's own snapshot still shows the old pair: use the returned token.

        :param bool renew: Xero refused a token, although it may not have expired.
        :param str refused: fingerprint of the token that Xero refused (`XeroUnauthorised.token_digest`). The caller's snapshot may show
            another one: it may be older than the call, or already show the pair of a later renewal.
        :raise XeroOAuthError: Xero refuses permanently: ``invalid_grant``, ``invalid_client``, ``unauthorized_client``.
        :raise XeroRetryable: not possible now; the chain may still be valid.
        :raise WrongKey: this server cannot read the stored pair.
        """
        self.ensure_one()
        if not renew and self._outlives(RENEWAL_MARGIN):
            return self._read_access_token()
        if renew and not refused:
            refused = token_digest(self._read_access_token())
        try:
            with locked(self) as (authorization,):
                # Another process may have renewed it meanwhile
                if not authorization._outlives(RENEWAL_MARGIN) or token_digest(authorization._read_access_token()) == refused:
                    error = authorization._renew()
                    if error:
                        authorization.env.cr.commit()   # the chain has ended, even if the caller rolls back
                        raise error
                return authorization._read_access_token()
        except LockError:
            # Another process is slow to renew; the old token may still be valid
            if not renew and self._outlives(timedelta()):
                return self._read_access_token()
            raise XeroRetryable("Another process is renewing the access", retry_after=60) from None

    @without_frames
    def _exchange_code(self, app, code, verifier):
        """Exchange the code of a consent for tokens, and store them in the row of the Xero user. The caller holds the lock and commits.

        :param app: `xero.app` that asked for the consent.
        :param str code: the code in the callback's query.
        :param verifier: code verifier of the consent, sealed.
        :return: tuple of the authorization, and Xero's id of the consent (str).
        :raise XeroError: Xero gave no tokens.
        :raise WrongKey: this server cannot read the client secret.
        """
        pair = oauth_of(app).exchange(code, verifier)
        if not pair.xero_user_id:
            raise XeroUnknownOutcome("The access token does not name its user")
        authorization = self.search([('app_id', '=', app.id), ('xero_user_id', '=', pair.xero_user_id)])
        if not authorization:
            authorization = self.create({'app_id': app.id, 'xero_user_id': pair.xero_user_id})
        authorization._store(pair)
        return authorization, pair.authentication_event_id

    @without_frames
    def _fetch_custom(self, app):
        """Fetch a token of a custom connection, and store it in its row. The caller holds the lock and commits.

        :param app: `xero.app` of this type.
        :return: the authorization.
        :raise XeroError: Xero gave no token.
        :raise WrongKey: this server cannot read the client secret.
        """
        token = oauth_of(app).client_token()
        authorization = self.search([('app_id', '=', app.id), ('xero_user_id', '=', CUSTOM_USER)])
        if not authorization:
            authorization = self.create({'app_id': app.id, 'xero_user_id': CUSTOM_USER})
        authorization._store(token)
        return authorization

    def _renew(self):
        """Exchange the refresh token for a new pair, or fetch a token of a custom connection. The caller holds the lock and commits.

        :return: the error if the chain has ended, else None.
        """
        self.ensure_one()
        if self.app_id.app_type == 'custom':
            self._store(oauth_of(self.app_id).client_token())
            return None
        if not self.refresh_token_encrypted:
            return XeroOAuthError("The chain has ended", code='invalid_grant')
        refresh_token = decrypt(self.refresh_token_encrypted)
        try:
            self._store(oauth_of(self.app_id).refresh(refresh_token))
        except XeroOAuthError as error:
            _logger.warning("Authorization %s was not renewed: %s", self.id, error.code)
            if error.code != 'invalid_grant':
                raise
            # Final: under the lock, the stored pair is the one that was sent
            self.write({'access_token_encrypted': False, 'refresh_token_encrypted': False})
            return error
        return None

    def _revoke(self):
        """End the chain at Xero, and with it all connections of this Xero user to the app. The row is useless afterwards."""
        self.ensure_one()
        if self.app_id.app_type == 'custom':
            return      # there is no chain; the token ends within half an hour
        with locked(self) as (authorization,):
            oauth_of(authorization.app_id).revoke(decrypt(authorization.refresh_token_encrypted))

    def _store(self, pair):
        """Store a new pair, encrypted. The caller holds the lock and commits.

        :param TokenPair pair: as Xero returned it.
        """
        self.ensure_one()
        vals = {
            'access_token_encrypted': encrypt(pair.access_token),
            'refresh_token_encrypted': encrypt(pair.refresh_token) or False,
            'access_expires_at': pair.access_expires_at.replace(microsecond=0),
            'refreshed_at': fields.Datetime.now(),
        }
        if pair.scopes:
            vals['scopes'] = ' '.join(pair.scopes)
        if pair.email:
            vals['email'] = pair.email
        self.write(vals)

    def _read_access_token(self):
        return decrypt(self.access_token_encrypted)

    def _outlives(self, margin):
        """Return whether the access token is valid for longer than a margin (a timedelta)."""
        self.ensure_one()
        return bool(self.access_token_encrypted and self.access_expires_at and self.access_expires_at > fields.Datetime.now() + margin)

    def _is_fresh(self, digest, age):
        """Return whether a token is the current one of the chain and was issued recently.

        :param str digest: fingerprint of the token.
        :param timedelta age: how long ago is recent.
        """
        self.ensure_one()
        is_recent = self.refreshed_at and self.refreshed_at > fields.Datetime.now() - age
        return bool(is_recent and token_digest(self._read_access_token()) == digest)

    def _is_idle(self):
        """Return whether the chain is overdue for renewal and has not ended yet."""
        self.ensure_one()
        return bool(self.refresh_token_encrypted and self.refreshed_at and self.refreshed_at < fields.Datetime.now() - RENEW_AFTER)

    def _expires_on(self):
        """Return the day on which an unused chain ends."""
        self.ensure_one()
        return ((self.refreshed_at or fields.Datetime.now()) + REFRESH_IDLE).date()
