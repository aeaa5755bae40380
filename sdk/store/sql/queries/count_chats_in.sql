-- In how many chats of a workspace somebody is. ?1 user, ?2 workspace, ?3 no need to count further.
select count(*) as n from (select 1 from members m cross join chats c on c.id = m.chat_id and c.workspace_id = ?2 where m.user_id = ?1 and m.state = 0 limit ?3)
