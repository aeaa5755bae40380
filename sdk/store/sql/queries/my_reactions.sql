-- ?1 chat, ?2 user, ?3 lo, ?4 hi.
select r.* from messages m join reactions r on r.message_id = m.id and r.user_id = ?2 and r."on" = 1
where m.chat_id = ?1 and m.seq between ?3 and ?4 and m.reactions <> '[]'
