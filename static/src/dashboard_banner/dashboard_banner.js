import { Component, onWillStart, useState } from "@odoo/owl";
import { DashboardKanbanRenderer } from "@account/views/account_dashboard_kanban/account_dashboard_kanban_renderer";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** What waits for an invoice admin, above the journals of Odoo's dashboard. Nothing is shown to others, or if nothing waits. */
export class XeroBanner extends Component {
    static template = "account_xero.Banner";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ sentences: [] });
        onWillStart(async () => {
            if (await user.hasGroup("account_xero.group_xero_invoice_admin")) {
                this.state.sentences = await this.orm.call("xero.connection", "retrieve_attention", []);
            }
        });
    }

    open() {
        return this.action.doAction("account_xero.xero_sync_status_action");
    }
}

DashboardKanbanRenderer.components = { ...DashboardKanbanRenderer.components, XeroBanner };
