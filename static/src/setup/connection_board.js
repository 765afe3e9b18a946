import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";

import { XeroSetup } from "./setup";

/** The board of all connections. While there is none, it shows the set-up. */
export class XeroConnectionKanbanRenderer extends KanbanRenderer {
    static template = "account_xero.ConnectionKanbanRenderer";
    static components = { ...KanbanRenderer.components, XeroSetup };

    get showsSetup() {
        return this.showNoContentHelper && !this.env.searchModel.facets.length;
    }
}
