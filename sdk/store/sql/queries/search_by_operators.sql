-- Messages I may read, by operators alone. ?1 me, ?2 null, ?3 workspace or null, ?4 before or null, ?5 after or null (times, ms),
-- ?6 newest created_at and ?7 id of the page before or null, ?8 limit, ?9 to ?12: link, reaction, mention, reply wanted (1) or not (0),
-- ?13 edited wanted, ?14 authors and ?15 chats wanted, ?16 authors and ?17 chats not wanted (upper-case hex ids with a comma behind
-- each, or null), ?18 unread (1), read (0) or both (null).
select m.* from messages m
join chats c on c.id = m.chat_id
join members p on p.chat_id = m.chat_id and p.user_id = ?1 and p.state = 0 and m.seq >= p.visible_from
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = ?1 and w.state = 0
left join read_marks r on r.user_id = ?1 and r.chat_id = m.chat_id
where ?2 is null and m.deleted = 0 and (?3 is null or c.workspace_id = ?3)
  and (?4 is null or m.created_at < ?4) and (?5 is null or m.created_at >= ?5)
  and (?6 is null or (m.created_at, m.id) < (?6, ?7))
  and (?9 = 0 or m.body like '%http%://%') and (?10 = 0 or m.reactions <> '[]') and (?11 = 0 or m.mentions <> '[]' or m.mentions_everyone = 1)
  and (?12 = 0 or m.reply_to is not null) and (?13 = 0 or m.edited_at is not null)
  and (?14 is null or instr(?14, hex(m.author_id)) > 0) and (?15 is null or instr(?15, hex(m.chat_id)) > 0)
  and (?16 is null or instr(?16, hex(m.author_id)) = 0) and (?17 is null or instr(?17, hex(m.chat_id)) = 0)
  and (?18 is null or (m.seq > coalesce(r.read_seq, 0)) = ?18)
order by m.created_at desc, m.id desc limit ?8
