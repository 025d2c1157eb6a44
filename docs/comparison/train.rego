# The same conditions as a policy, as conftest runs them: over one document, or over several that --combine lays side by side.
package main

deny[message] {
    input.right.trainer.batch_size % input.right.trainer.minibatch_size != 0
    message := "minibatch_size does not divide batch_size"
}

deny[message] {
    left := input.left.train.bptt_horizon
    right := input.right.trainer.bptt_horizon
    left != right
    message := sprintf("bptt_horizon: %v against %v", [left, right])
}

deny[message] {
    left := input.left.train.learning_rate
    right := input.right.trainer.optimizer.learning_rate
    left != right
    message := sprintf("learning rate: %v against %v", [left, right])
}
