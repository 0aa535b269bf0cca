package bundle

// components returns the strongly connected components of the graph over
// nodes, each after all those it refers to (Tarjan 1972), without recursion:
// a chain of imports may be as long as the site.
func components(nodes []*Node, succ func(*Node) []*Node) [][]*Node {
	type frame struct {
		n    *Node
		next []*Node
	}
	index := map[*Node]int{}
	low := map[*Node]int{}
	on := map[*Node]bool{}
	var stack []*Node
	var out [][]*Node
	visit := func(n *Node) frame {
		index[n], low[n] = len(index)+1, len(index)+1
		stack = append(stack, n)
		on[n] = true
		return frame{n, succ(n)}
	}
	for _, root := range nodes {
		if index[root] != 0 {
			continue
		}
		calls := []frame{visit(root)}
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			if len(f.next) > 0 {
				m := f.next[0]
				f.next = f.next[1:]
				if index[m] == 0 {
					calls = append(calls, visit(m))
				} else if on[m] {
					low[f.n] = min(low[f.n], index[m])
				}
				continue
			}
			n := f.n
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				up := calls[len(calls)-1].n
				low[up] = min(low[up], low[n])
			}
			if low[n] != index[n] {
				continue
			}
			var group []*Node
			for {
				m := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				on[m] = false
				group = append(group, m)
				if m == n {
					break
				}
			}
			out = append(out, group)
		}
	}
	return out
}
