// Package bound computes a lower bound of what any schedule of cuts must pay
// that keeps all that is needed in the prompt and everything in its order.
//
// # The problem
//
// Items stand in a prompt in the order in which they came. From some call on each
// is dead: not needed any more. A dead item that stands costs rent at each call. A
// cut before call t at item c takes out all that is dead from c on, and costs, for
// each token that lives behind c and stood there before, the difference between
// writing and reading it. What lives is paid by every schedule alike and is not
// part of the problem. (In the literature: multi-level aggregation on a path, see
// Bienkowski et al., "Online Algorithms for Multi-Level Aggregation", 2016.)
//
// # The bound
//
// Without a limit of room the optimum is found exactly. Let F(c, t1, t2) be the
// least cost of items c and later between two calls at which something before c is
// cut, and nothing before c is cut between them. If item c dies between them, it
// either stands until t2 or is the first item of one cut at some t:
//
//	F(c, t1, t2) = F(c+1, t1, t2)                              unless t1 < death < t2, else the least of
//	               rent(c, death, t2) + F(c+1, t1, t2)
//	               rent(c, death, t) + price(t, c) + F(c+1, t1, t) + F(c+1, t, t2)
//
// Room is brought in by multipliers: for any λ ≥ 0, the optimum with rents raised
// by λ, less λ times the room, is no more than the optimum that keeps within the
// room (weak duality). The multipliers are improved by subgradient steps; each of
// them certifies a bound of its own, and the best one counts. Besides, between two
// cuts before c all that dies there before c has to fit.
//
// Long traces are split into windows. Each starts without anything dead, which can
// only help: so the sum of their bounds is a bound.
package bound
