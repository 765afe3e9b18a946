import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { useFinishedConsents } from "../consent/consent_hook";
import { PROGRESS } from "../follow/follow_dialog";
import { usePolling } from "../follow/polling_hook";

const INTERVAL = 10000;
const SYNCS = "account_xero.xero_sync_action";
const EXPORTS = "account_xero.xero_export_action";
const DIFFERENCES = "account_xero.xero_difference_action";

/** `filters` are names of search filters of the list that a click opens. */
const TILES = [
    { name: "syncs", label: _t("Syncs"), action: SYNCS, filters: [] },
    { name: "rate_7", label: _t("Success, 7 days"), isRate: true, action: SYNCS, filters: ["last_7_days"] },
    { name: "rate_30", label: _t("Success, 30 days"), isRate: true, action: SYNCS, filters: ["last_30_days"] },
    { name: "rate", label: _t("Success, all"), isRate: true, action: SYNCS, filters: [] },
    { name: "failed", label: _t("Failed"), color: "danger", action: EXPORTS, filters: ["failed"] },
    { name: "different", label: _t("Different"), color: "warning", action: DIFFERENCES, filters: ["open"] },
    { name: "waiting", label: _t("Waiting"), color: "info", action: EXPORTS, filters: ["waiting", "uncertain"] },
    { name: "last_success_at", label: _t("Last success"), action: SYNCS, filters: ["succeeded"] },
];

/** The numbers of all connections, above their cards. A click opens the list that a number counts. */
export class SyncTotals extends Component {
    static template = "account_xero.SyncTotals";
    static props = { list: Object };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ totals: {} });
        onWillStart(() => this.load());
        onWillUpdateProps(() => this.load());
    }

    async load() {
        this.state.totals = await this.orm.silent.call("xero.connection", "retrieve_sync_totals", [this.env.searchModel.globalDomain]);
    }

    get tiles() {
        const { totals } = this.state;
        return TILES.map((tile) => {
            const value = totals[tile.name];
            const rate = typeof value === "number" ? `${Math.floor(1000 * value) / 10}%` : "–";
            return { ...tile, text: tile.isRate ? rate : value || (tile.name === "last_success_at" ? "–" : 0), color: value && tile.color ? tile.color : "secondary" };
        });
    }

    open(tile) {
        const filters = Object.fromEntries(tile.filters.map((name) => [`search_default_${name}`, 1]));
        return this.action.doAction(tile.action, { additionalContext: filters });
    }
}

class SyncStatusController extends KanbanController {
    setup() {
        super.setup();
        useFinishedConsents(() => this.model.load());
        useBus(this.env.bus, PROGRESS, () => this.model.load());
        // The numbers change while people look at them
        usePolling(async () => {
            await this.model.load();
            return true;
        }, INTERVAL)();
    }
}

class SyncStatusRenderer extends KanbanRenderer {
    static template = "account_xero.SyncStatusRenderer";
    static components = { ...KanbanRenderer.components, SyncTotals };
}

registry.category("views").add("xero_sync_status", {
    ...kanbanView,
    Controller: SyncStatusController,
    Renderer: SyncStatusRenderer,
});
