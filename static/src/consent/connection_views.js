import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { onMounted, onWillUnmount } from "@odoo/owl";

import { useFinishedConsents } from "./consent_hook";

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
        useFinishedConsents(() => this.model.load());
        let timer;
        onMounted(() => {
            timer = setInterval(() => this.followReading(), PROGRESS_INTERVAL);
        });
        onWillUnmount(() => clearInterval(timer));
    }

    /** Shows the progress of reading reference data, unless the user is typing. */
    followReading() {
        const { data, dirty } = this.model.root;
        if (data.reference_progress && !dirty) {
            this.model.load();
        }
    }
}

registry.category("views").add("xero_connection_kanban", {
    ...kanbanView,
    Controller: XeroConnectionKanbanController,
});
registry.category("views").add("xero_connection_form", {
    ...formView,
    Controller: XeroConnectionFormController,
});
