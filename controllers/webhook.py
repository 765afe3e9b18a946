from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..const import WEBHOOK_BYTES, WEBHOOK_PATH


class XeroWebhookController(http.Controller):
    """Receives what Xero's webhooks tell. Each answer is 200 or 401, has no body and sets no cookie: Xero accepts nothing else.

    It is 503 if the events could not be stored in time, so that Xero sends them again.
    """

    # Read and write, although a route of this kind reads by default: a replica may not know yet the key that was just entered
    @http.route(
        [WEBHOOK_PATH, f'{WEBHOOK_PATH}/<path:token>'], type='http', auth='none', methods=['POST'], csrf=False, save_session=False, readonly=False,
        max_content_length=WEBHOOK_BYTES)
    def receive(self, token='', **_parameters):
        apps = request.env['xero.app'].with_user(SUPERUSER_ID)
        is_signed = apps._receive_webhook(token, request.httprequest.headers.get('x-xero-signature', ''), request.httprequest.get_data())
        return request.make_response(b'', status=200 if is_signed else 401)
