#include "sdk/core/live/live.hpp"

namespace fechatter {

constexpr CallEntry calls[] = {
    {"sync", &type_of<SyncParams>, &type_of<SyncPage>, {"GET", "/sync"}, Permission::signed_in},
    {"stream", &type_of<StreamParams>, nullptr, {"GET", "/stream"}, Permission::signed_in},
    {"websocket", &type_of<StreamParams>, nullptr, {"GET", "/ws", 101}, Permission::signed_in},
    {"poll", &type_of<PollParams>, &type_of<PollPage>, {"GET", "/poll"}, Permission::signed_in},
    {"set_focus", &type_of<SetFocus>, nullptr, {"PUT", "/stream/{connection_id}/focus", 204}, Permission::signed_in},
    {"create_ticket", &type_of<NoParams>, &type_of<TicketView>, {"POST", "/stream/tickets", 201}, Permission::signed_in},
    {"set_typing", &type_of<SetTyping>, nullptr, {"PUT", "/chats/{chat_id}/typing", 204}, Permission::chat_post},
    {"set_presence", &type_of<SetPresence>, nullptr, {"PUT", "/me/presence", 204}, Permission::signed_in},
};
extern const Feature live_feature;
const Feature live_feature{"live", {}, {}, {}, calls};

}  // namespace fechatter
