package sqldriver

// messageDictionary is what messages often say around what they say, the most frequent
// last. It is part of the format: never change it; add another under another first byte.
const messageDictionary = ` the of and to a in is that it for you with be on this have are not as by at we can will from or if your please thank regards Hello Dear which has was all there they what when would about one more do done yes no error failed function return import package string value result ` +
	`"validUntil":"","supersedes":"","cc":[""],"auto":"auto-replied","escalate":"","reversible":true,"kind":"event","kind":"answer","kind":"note","kind":"blob","kind":"image","kind":"reasoning","kind":"opaque","mediaType":"text/plain","mediaType":"image/png","data":"","url":"https://","size":,"width":,"height":,"signature":"","phase":"","isError":true,` +
	`{"name":"cost","value":"0.00"},{"name":"usage","value":"{\"input\":,\"output\":,\"cachedInput\":,\"reasoning\":}"},{"name":"answer","value":"01890000-0000-7000-8000-000000000000"}` +
	`\",\"reply_by\":\"\",\"default\":\"\",\"options\":[\"\",\"\"],\"reversible\":false,\"done\":true,\"from\":\"\",\"limit\":10,\"words\":\"\",\"query\":\"\",\"path\":\"\",\"command\":\"\",\"uids\":[],\"reply_to\":,\"subject\":\"\",\"text\":\"\",\"to\":[\"` +
	`{"question":{"default":"","options":["",""],"replyBy":"2026-01-05T00:00:00Z"},"references":["019"],"subject":"Re: ","to":["` +
	`{"headers":[{"name":"handed","value":"1 nobody 01890000-0000-7000-8000-000000000000"}],"id":"019","inReplyTo":"019","kind":"question",` +
	`#1 from= "", waiting: Nothing but what stands above: #There is more: narrow the search. Sent to . End your turn rather than wait: the answer, or the deadline, wakes you.` +
	`[{"digest":"","kind":"ref","message":"","part":-1,"uid":1}]}][{"args":"{\"pending\":true}","id":"call_1","kind":"toolCall","name":"context_drop"}][{"args":"{\"uids\":[]}","id":"call_2","kind":"toolCall","name":"context_pull"}]` +
	`[{"kind":"text","text":"I "},{"args":"{\"","id":"call_1","kind":"toolCall","name":"mail_find"}][{"callID":"call_1","kind":"toolResult","name":"mail_send","parts":[{"kind":"text","text":"` +
	`{"id":"","kind":"mail","subject":"","to":[""]}{"auto":"auto-generated","id":"","inReplyTo":"","kind":"result","subject":"mail_send","to":[""]}` +
	`{"auto":"auto-generated","headers":[{"name":"turn","value":"1"},{"name":"model","value":""},{"name":"handled","value":"#1"}],"id":"","kind":"turn","to":["`

var (
	messages = newDictionary(messageDictionary)
	receipts = newDictionary(packDictionary)
)
