// Package telemetry tells OpenTelemetry what agents and models do: spans and metrics by the
// semantic conventions for generative AI, version 0.1.0.
//
//	t := telemetry.New(nil) // the global providers
//	a, err := agent.New(box, t.Model(model), t.Agent(&agent.Options{System: "You build things."}))
//
// An agent's turn is a span "invoke_agent ada", with one inside for each call of a model
// ("chat gpt-5"), for each tool call ("execute_tool mail_send") and for what a turn recalls
// ("search_memory"). A call's span has what the provider reported, cached and written tokens
// included, whether the model sees less than the whole conversation
// (gen_ai.conversation.compacted), and an event for each message that left its prompt or came
// back. A loop of one's own has the same with [WithPlan].
//
// # Contents
//
// What people, models and tools say is in none of it: no texts, no arguments, no results, no
// subjects, and no words of errors, which quote them at times. Errors are told by their kind:
// error.type is the [providers.Code] of a model's, and the type of others. Names are:
// addresses of agents, models, tools, the providers' ids of replies and calls.
//
// # Conversations
//
// The context of an agent is that of its mailbox, so its gen_ai.conversation.id is its address.
package telemetry
