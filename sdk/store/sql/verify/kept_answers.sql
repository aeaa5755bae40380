-- The answer of an edit is kept without its text, which a deletion would not find there.
select 'commands: an answer keeps the text of a message' from commands where json_valid(answer) and json_type(answer) = 'object'
  and coalesce(json_extract(answer, '$.body'), '') <> '';
