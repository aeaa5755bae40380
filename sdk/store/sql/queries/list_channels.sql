-- Public channels to browse. ?1 workspace, ?2 user, ?3 after this chat, ?4 limit.
select c.id, c.workspace_id, c.name, c.topic, c.member_count,
  exists(select 1 from members m where m.chat_id = c.id and m.user_id = ?2 and m.state = 0) as joined
from chats c where c.workspace_id = ?1 and c.kind = 3 and c.archived = 0 and c.id > ?3 order by c.id limit ?4
