import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { onMounted } from "@odoo/owl";

import { useFinishedConsents } from "../consent/consent_hook";
import { usePolling } from "../follow/polling_hook";
import { XeroConnectionKanbanRenderer } from "../setup/connection_board";
import { CogArchParser, cogItems } from "./cog_menu";

const PROGRESS_INTERVAL = 1500; // milliseconds

class XeroConnectionKanbanController extends KanbanController {
    setup() {
        super.setup();
        useFinishedConsents(() => this.model.load());
    }
}

class XeroConnectionFormController extends FormController {
    setup() {
        super.setup();
        useFinishedConsents(async () => {
            if (!(await this.model.root.isDirty())) {
                await this.model.load();
            }
        });
        onMounted(usePolling(() => this.followReading(), PROGRESS_INTERVAL));
    }

    getStaticActionMenuItems() {
        return { ...super.getStaticActionMenuItems(), ...cogItems(this) };
    }

    /** Shows the progress of reading reference data, unless the user is typing. Returns true: another reading may follow. */
    async followReading() {
        const { resModel, resId, data, dirty } = this.model.root;
        if (data.reference_progress && !dirty) {
            const [{ reference_progress }] = await this.orm.silent.read(resModel, [resId], ["reference_progress"]);
            const { root } = this.model;
            if (root.resId === resId && !root.dirty && reference_progress !== root.data.reference_progress) {
                // Not awaited: when another load replaces this one, its promise never resolves
                this.model.load();
            }
        }
        return true;
    }
}

registry.category("views").add("xero_connection_kanban", {
    ...kanbanView,
    Controller: XeroConnectionKanbanController,
    Renderer: XeroConnectionKanbanRenderer,
});
registry.category("views").add("xero_connection_form", {
    ...formView,
    ArchParser: CogArchParser,
    Controller: XeroConnectionFormController,
});
