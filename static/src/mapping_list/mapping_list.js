import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { getFieldsSpec } from "@web/model/relational_model/utils";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

import { useFinishedConsents } from "../consent/consent_hook";

/** The list of the mapping. A decision also changes other rows: how many documents still wait for them, for example. */
export class MappingListController extends ListController {
    static template = "account_xero.MappingListView";

    setup() {
        super.setup();
        const refresh = () => this.refreshRows();
        // *Create in Xero* may lead to Xero's page, which returns here
        useFinishedConsents(refresh);
        // The server tells when a target was created in Xero, which decides a row
        const bus = this.env.services.bus_service;
        onMounted(() => bus.subscribe("account_xero_notify", refresh));
        onWillUnmount(() => bus.unsubscribe("account_xero_notify", refresh));
    }

    async onRecordSaved(record) {
        await super.onRecordSaved(...arguments);
        this.refreshRows(); // not awaited: the next row can be edited at once
    }

    /**
     * Shows the rows as they are now. They stay the same rows in the same order, and what the user changed in one of them stays: loading the
     * list again would close the row that the user may have begun to edit.
     */
    refreshRows() {
        // A save waits for it: rows that were read before the save would hide what it did
        return this.model.mutex.exec(async () => {
            const { activeFields, context, fields, records, resModel } = this.model.root;
            const resIds = records.map((record) => record.resId);
            const specification = getFieldsSpec(activeFields, fields, context);
            const rows = await this.model.orm.silent.webRead(resModel, resIds, { context, specification });
            const values = new Map(rows.map((row) => [row.id, row]));
            for (const record of records.filter((record) => values.has(record.resId))) {
                record._applyValues(values.get(record.resId));
            }
        });
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
