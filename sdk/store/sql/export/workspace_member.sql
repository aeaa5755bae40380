-- Of one chat only: those of its people.
select workspace_id, user_id, role, state, joined_at from workspace_members w where (?1 is null or workspace_id = ?1)
  and (?2 is null or workspace_id = (select workspace_id from chats where id = ?2)
    and exists (select 1 from members m where m.chat_id = ?2 and m.user_id = w.user_id)) order by workspace_id, user_id
