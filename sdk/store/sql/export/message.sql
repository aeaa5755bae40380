-- In the order of the index, so that nothing is sorted.
select m.* from chats c join messages m on m.chat_id = c.id where (?1 is null or c.workspace_id = ?1) and (?2 is null or c.id = ?2)
  order by m.chat_id, m.seq
