import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";

import { useFinishedConsents } from "./consent_hook";

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
