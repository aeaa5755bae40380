-- Whom the other lines name. ?1 workspace or null, ?2 chat or null, ?3: with addresses.
select u.id, u.name, case when ?3 then c.email end as email, u.created_at from users u left join credentials c on c.user_id = u.id
  where (?1 is null or exists (select 1 from workspace_members w where w.workspace_id = ?1 and w.user_id = u.id))
  and (?2 is null or exists (select 1 from members m where m.chat_id = ?2 and m.user_id = u.id)
    or exists (select 1 from chats d where d.id = ?2 and d.created_by = u.id)) order by u.id
