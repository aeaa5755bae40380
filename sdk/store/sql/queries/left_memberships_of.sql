-- Of one who has left the workspace: the rest of that leave. ?1 limit, ?2 workspace, ?3 user.
select m.* from workspace_members w cross join members m on m.user_id = w.user_id and m.state = 0
cross join chats c on c.id = m.chat_id and c.workspace_id = w.workspace_id
where w.workspace_id = ?2 and w.user_id = ?3 and w.state = 1 limit ?1
