import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

import { useFinishedConsents } from "../consent/consent_hook";

/** The list of the mapping: a decision also changes how many documents wait for other rows. */
export class MappingListController extends ListController {
    static template = "account_xero.MappingListView";

    setup() {
        super.setup();
        // *Create in Xero* may lead to Xero's page, which returns here
        useFinishedConsents(() => this.model.load());
        // The server tells when a target was created in Xero, which decides a row
        const bus = this.env.services.bus_service;
        const reload = () => this.reloadAtRest();
        onMounted(() => bus.subscribe("account_xero_notify", reload));
        onWillUnmount(() => bus.unsubscribe("account_xero_notify", reload));
    }

    /** Loads the rows again, unless the user is editing one. */
    async reloadAtRest() {
        if (!this.model.root.editedRecord) {
            await this.model.root.load();
        }
    }

    async onRecordSaved(record) {
        await super.onRecordSaved(...arguments);
        this.updateWaiting(record); // not awaited: the next row can be edited at once
    }

    /** Show in the other rows how many documents still wait. The rows keep their order, and the one in edition stays so. */
    async updateWaiting(saved) {
        const waiting = this.model.root.records.filter((record) => record !== saved && record.data.waiting_count);
        if (!waiting.length) {
            return;
        }
        const rows = await this.model.orm.silent.read("xero.mapping", waiting.map((record) => record.resId), ["waiting_count"]);
        const counts = new Map(rows.map((row) => [row.id, row.waiting_count]));
        for (const record of waiting.filter((record) => counts.has(record.resId))) {
            record._applyValues({ waiting_count: counts.get(record.resId) });
        }
    }
}

/** Enter in the last row of a page goes on in the next page: more rows than fit a page are decided without the mouse. */
export class MappingListRenderer extends ListRenderer {
    editNextRecord(record, group) {
        const { list } = this.props;
        if (!group && record === list.records.at(-1) && list.count > list.records.length) {
            this.editNextPage();
        } else {
            super.editNextRecord(...arguments);
        }
    }

    /** Decided rows are sorted behind the open ones, so the next open rows may come up on the same page. */
    async editNextPage() {
        const { list } = this.props;
        if (!(await list.leaveEditMode({ validate: true }))) {
            return;
        }
        const seen = new Set(list.records.map(({ resId }) => resId));
        const isNew = ({ resId }) => !seen.has(resId);
        await list.load();
        if (!list.records.some(isNew)) {
            const offset = list.offset + list.limit;
            await list.load({ offset: offset < list.count ? offset : 0 });
        }
        list.enterEditMode(list.records.find(isNew) || list.records[0]);
    }
}

registry.category("views").add("xero_mapping_list", {
    ...listView,
    Controller: MappingListController,
    Renderer: MappingListRenderer,
});
