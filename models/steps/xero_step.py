from collections.abc import Iterable
from datetime import datetime

from odoo import api, models

from .slice import Slice


class XeroStep(models.AbstractModel):
    """A part of a slice, with its place in the order.

    A step is an abstract model `xero.step.<name>` that inherits this one, in one file. Steps run one after the other in each slice, ordered
    by `_sequence`; the slice commits what each wrote. A step works in portions, one at least in each slice. After each it commits
    (`slice.commit()`) and checks the time (`slice.has_time()`), so that the next slice continues where it stopped. It wraps work on records
    in `slice.contain`, so that an error with one record does not stop the others.

    An `exceptions.XeroError` that a step raises ends the slice: it pauses the connection or marks its access as lost. Any other error ends
    the slice as a crash, which the connection shows.
    """
    _name = 'xero.step'
    _inherit = 'xero.family'
    _description = "Step of a Xero Slice"
    _family = 'xero.step'

    _needs_xero = True      # whether it runs only while Xero may be called

    @api.model
    def _run_slice(self, connection: models.BaseModel) -> None:
        """Run all steps for a connection, for some seconds.

        :param connection: `xero.connection` whose scheduled action runs.
        """
        with Slice(connection) as slice:
            for step in slice.steps():
                step._run(slice)

    def _run(self, slice: Slice) -> None:
        """Do the work of the step, while there is time.

        :param Slice slice: the current slice; `slice.client` exists if the step needs Xero.
        :raise XeroError: as the client does.
        """
        raise NotImplementedError

    def _has_work(self, connection: models.BaseModel) -> bool:
        """Return whether the step can continue at once: its time was over, or another step left it something to do.

        A slice that committed nothing does not ask: all steps saw the same state of the database, and found nothing in it. A step must not
        ask for a slice in which it cannot do the work: the next one would start at once, again and again.

        :param connection: `xero.connection` of the slice that ends.
        """
        return False

    def _next_moments(self, connection: models.BaseModel) -> Iterable[datetime]:
        """Yield the times (naive UTC) at which this step has work to do, if it can do it then; a time in the past means now.

        :param connection: `xero.connection` of the slice that ends.
        """
        return ()
